import type { ResourceClaimSpec } from "#gen/api/resource/v1.ts";
import { drop } from "#resources/drop.ts";

function defaultCount(request: {
  allocationMode?: string | undefined;
  count?: number | undefined;
}): void {
  request.allocationMode ||= "ExactCount";
  if (request.allocationMode === "ExactCount") request.count ||= 1;
}

/** A request asks for one device unless it says otherwise. */
export function defaultDevices(spec: ResourceClaimSpec | undefined): void {
  for (const { exactly, firstAvailable } of spec?.devices?.requests ?? []) {
    if (exactly !== undefined) defaultCount(exactly);
    for (const alternative of firstAvailable ?? []) defaultCount(alternative);
  }
}

/** Of a feature that upstream has off. */
export function dropDerivedAttributes(spec: ResourceClaimSpec | undefined): void {
  for (const { exactly, firstAvailable } of spec?.devices?.requests ?? [])
    for (const one of [exactly, ...(firstAvailable ?? [])]) drop(one, "derivedAttributes");
}
