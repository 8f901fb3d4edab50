import type { DeviceToleration, ResourceClaimSpec } from "#gen/api/resource/v1.ts";
import { drop } from "#resources/drop.ts";

function defaultRequest(request: {
  allocationMode?: string | undefined;
  count?: number | undefined;
  tolerations?: DeviceToleration[] | undefined;
}): void {
  for (const toleration of request.tolerations ?? []) toleration.operator ||= "Equal";
  request.allocationMode ||= "ExactCount";
  if (request.allocationMode === "ExactCount") request.count ||= 1;
}

/** A request asks for one device unless it says otherwise. */
export function defaultDevices(spec: ResourceClaimSpec | undefined): void {
  for (const { exactly, firstAvailable } of spec?.devices?.requests ?? []) {
    if (exactly !== undefined) defaultRequest(exactly);
    for (const alternative of firstAvailable ?? []) defaultRequest(alternative);
  }
}

/** Of a feature that upstream has off. */
export function dropDerivedAttributes(spec: ResourceClaimSpec | undefined): void {
  for (const { exactly, firstAvailable } of spec?.devices?.requests ?? [])
    for (const one of [exactly, ...(firstAvailable ?? [])]) drop(one, "derivedAttributes");
}
