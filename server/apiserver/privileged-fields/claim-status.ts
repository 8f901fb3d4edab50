/**
 * Who may write which part of a claim's status: what is allocated and reserved takes the right to bind claims, what is
 * said of devices the right to speak for their driver. Source: DRAResourceClaimGranularStatusAuthorization.
 */
import { meansTheSame } from "#apimachinery/deep-equal.ts";
import { type FieldError, forbiddenField, Path } from "#apimachinery/field-error.ts";
import { isDNS1123Subdomain } from "#apimachinery/validate.ts";
import type { UserInfo } from "#apiserver/attributes.ts";
import { nodeNameKey } from "#apiserver/authentication/impersonation-modes.ts";
import { serviceAccountOf } from "#apiserver/authentication/service-account-claims.ts";
import { forbiddenRequest } from "#apiserver/authorization/authorizer.ts";
import type { Call, ServerContext } from "#apiserver/call.ts";
import {
  type AllocatedDeviceStatus,
  type AllocationResult,
  type ResourceClaimStatus,
  resourceclaims,
} from "#gen/api/resource/v1.ts";
import { definePrivilegedField } from "./privileged-field.ts";

interface Right {
  readonly verb: string;
  readonly subresource: string;
  readonly namespace: string;
  readonly name: string;
}

/** undefined: the asker has it; else the refusal that upstream's authorizer gives. */
async function refusalOf(
  { authorizer }: ServerContext,
  { info, user }: Call,
  right: Right,
): Promise<string | undefined> {
  const attributes = { ...info, user, ...right };
  const { allowed, reason } = await authorizer.authorize(attributes);
  return allowed ? undefined : forbiddenRequest(attributes, reason).message;
}

const allocationPath = new Path("status").child("allocation");

export const claimBinding = definePrivilegedField(
  resourceclaims,
  "status",
  async (server, call, { object, old }) => {
    const [now, before] = [object.status ?? {}, old?.status ?? {}];
    const bound = ({ allocation, reservedFor }: ResourceClaimStatus) => ({
      allocation,
      reservedFor,
    });
    if (meansTheSame(bound(now), bound(before))) return [];
    const { verb } = call.info;
    const right = { verb, subresource: "binding", namespace: "", name: "" };
    const refused = await refusalOf(server, call, right);
    if (refused === undefined) return [];
    const needs = `changing status.allocation or status.reservedFor requires resource="resourceclaims/binding", verb="${verb}" permission: ${refused}`;
    return [forbiddenField(allocationPath, needs)];
  },
);

const idOf = ({ driver, pool, device, shareID = "" }: AllocatedDeviceStatus): string =>
  [driver, pool, device, shareID].join("\n");

/** Drivers of whose devices something is added, changed or taken away; sorted. */
function changedDrivers(now: ResourceClaimStatus, before: ResourceClaimStatus): readonly string[] {
  const [left, right] = [now, before].map(
    ({ devices = [] }) => new Map(devices.map((device) => [idOf(device), device])),
  );
  const drivers = new Set<string>();
  for (const id of new Set([...(left?.keys() ?? []), ...(right?.keys() ?? [])])) {
    const [one, other] = [left?.get(id), right?.get(id)];
    if (!meansTheSame(one, other)) drivers.add((one ?? other)?.driver ?? "");
  }
  return [...drivers].sort();
}

/** The one node that the devices were allocated on; undefined: not one alone. */
function nodeOf(allocation: AllocationResult | undefined): string | undefined {
  const [term, ...more] = allocation?.nodeSelector?.nodeSelectorTerms ?? [];
  if (term === undefined || more.length > 0 || (term.matchExpressions ?? []).length > 0)
    return undefined;
  const [field, ...others] = term.matchFields ?? [];
  if (field === undefined || others.length > 0) return undefined;
  const { key, operator, values = [] } = field;
  const isOne = key === "metadata.name" && operator === "In" && values.length === 1;
  return isOne ? values[0] : undefined;
}

function runsOn(user: UserInfo, node: string | undefined): boolean {
  if (node === undefined || serviceAccountOf(user.name) === undefined) return false;
  const names = user.extra[nodeNameKey] ?? [];
  return names.length === 1 && names[0] === node && isDNS1123Subdomain(node).length === 0;
}

const devicesPath = new Path("status").child("devices");

export const claimDeviceStatus = definePrivilegedField(
  resourceclaims,
  "status",
  async (server, call, { object, old }) => {
    const now = object.status ?? {};
    // What is said of devices goes with their allocation.
    if (now.allocation === undefined) return [];
    const { verb, namespace } = call.info;
    const near = runsOn(call.user, nodeOf(now.allocation)) ? [`associated-node:${verb}`] : [];
    const verbs = [...near, `arbitrary-node:${verb}`];
    const faults: FieldError[] = [];
    for (const name of changedDrivers(now, old?.status ?? {})) {
      const asked = verbs.map((each) =>
        refusalOf(server, call, { verb: each, subresource: "driver", namespace, name }),
      );
      const refusals = await Promise.all(asked);
      if (refusals.includes(undefined)) continue;
      const needs = `changing status.devices requires resource="resourceclaims/driver", verb="[${verbs.join(" ")}]" permission: ${refusals[0]}`;
      faults.push(forbiddenField(devicesPath, needs));
    }
    return faults;
  },
);
