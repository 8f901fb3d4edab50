/**
 * Holds every quota of a namespace: what an object takes is written into the quota's status, under the store's
 * compare-and-swap, before the object itself is. So several servers together never give more than a quota has;
 * what was taken for a write that then failed, the controller gives back.
 */
import { addResourceLists, type ResourceList } from "#apimachinery/resource-list.ts";
import { refusal } from "#apimachinery/status.ts";
import type { AdmissionAttributes, AdmissionPlugin } from "#apiserver/attributes.ts";
import { loneVersion } from "#apiserver/field-management/lone-version.ts";
import { trackOwn } from "#apiserver/field-management/track.ts";
import {
  type Pod,
  persistentvolumeclaims,
  pods,
  type ResourceQuota,
  resourcequotas,
  services,
} from "#gen/api/core/v1.ts";
import { beyond, isAbove, only } from "#resources/quota/amounts.ts";
import { inScopes, isTerminating } from "#resources/quota/scopes.ts";
import { concerns, unsaid, usageOf } from "#resources/quota/usage.ts";
import type { Entry } from "#storage/watch-cache.ts";
import { type AdmissionParts, isOf, refused } from "./admission-parts.ts";

/** Each loss means that another server's write won: so many in a row mean something else. */
const triesMax = 100;

/** Whether this request can take more of a quota than was taken before. */
function takes(attributes: AdmissionAttributes): boolean {
  const { operation, subresource, object, old } = attributes;
  if (object === undefined || attributes.namespace === "") return false;
  if (isOf(attributes, pods)) {
    if (subresource === "resize") return operation === "UPDATE";
    if (subresource !== "" || operation === "CREATE") return subresource === "";
    // The kind says which type they are; a Pod that gets a deadline moves into another scope.
    return (
      operation === "UPDATE" &&
      old !== undefined &&
      isTerminating(object as Pod) !== isTerminating(old as Pod)
    );
  }
  if (isOf(attributes, persistentvolumeclaims) && subresource === "status")
    return operation === "UPDATE";
  if (subresource !== "") return false;
  if (operation === "CREATE") return true;
  const changeable = isOf(attributes, services) || isOf(attributes, persistentvolumeclaims);
  return changeable && operation === "UPDATE";
}

const shown = (list: ResourceList): string =>
  Object.keys(list)
    .sort()
    .map((name) => `${name}=${list[name]}`)
    .join(",");

/** The quota with what the request takes; undefined: it takes nothing. Throws Forbidden where it is too much. */
function charged(
  quota: ResourceQuota,
  attributes: AdmissionAttributes,
  now: Date,
): ResourceQuota | undefined {
  const { resource, object, old } = attributes;
  const { hard = {}, used = {} } = quota.status ?? {};
  const { name } = quota.metadata;
  const names = Object.keys(hard).filter((one) => concerns(resource.ref, one));
  if (object === undefined || names.length === 0 || !inScopes(quota, object)) return undefined;
  const missing = isOf(attributes, pods) ? unsaid(object as Pod, names) : undefined;
  if (missing !== undefined)
    throw refused(attributes, `failed quota: ${name}: must specify ${missing}`);
  if (names.some((one) => used[one] === undefined))
    throw refused(
      attributes,
      `status unknown for quota: ${name}, resources: ${names.sort().join(",")}`,
    );
  const before = old !== undefined && inScopes(quota, old) ? usageOf(resource.ref, old, now) : {};
  const asked = only(beyond(usageOf(resource.ref, object, now), before), names);
  if (Object.keys(asked).length === 0) return undefined;
  const total = addResourceLists(used, asked);
  const over = Object.keys(asked).filter((one) => isAbove(total[one] ?? "0", hard[one] ?? "0"));
  if (over.length > 0 && attributes.subresource !== "status")
    throw refused(
      attributes,
      `exceeded quota: ${name}, requested: ${shown(only(asked, over))}, used: ${shown(only(used, over))}, limited: ${shown(only(hard, over))}`,
    );
  return { ...quota, status: { ...quota.status, used: total } };
}

export function resourceQuota({ cache }: AdmissionParts): AdmissionPlugin {
  const entriesIn = (namespace: string): readonly Entry[] =>
    cache.list({ group: "", resource: resourcequotas.plural, namespace }).entries;

  /** One after the other within this server: only other servers' writes are raced with. */
  const turns = new Map<string, Promise<unknown>>();
  const inTurn = async (namespace: string, work: () => Promise<void>): Promise<void> => {
    const mine = (turns.get(namespace) ?? Promise.resolve()).then(work, work);
    turns.set(namespace, mine);
    try {
      await mine;
    } finally {
      if (turns.get(namespace) === mine) turns.delete(namespace);
    }
  };

  /** False: another write came first. */
  const charge = async (entry: Entry, attributes: AdmissionAttributes): Promise<boolean> => {
    // Under this key only quotas are stored.
    const old = entry.object as ResourceQuota;
    const now = new Date();
    const draft = charged(old, attributes, now);
    if (draft === undefined || attributes.dryRun) return true;
    const { key, revision: expected } = entry;
    const versions = loneVersion("v1", "ResourceQuota");
    const managedFields = trackOwn(versions, { old, draft, now });
    const object = { ...draft, metadata: { ...draft.metadata, managedFields } };
    const result = await cache.write({ op: "update", key, expected, object });
    return result.outcome === "written";
  };

  const chargeAll = async (attributes: AdmissionAttributes): Promise<void> => {
    const { namespace } = attributes;
    // Refused before anything is taken, where it can be told already.
    for (const { object } of entriesIn(namespace))
      charged(object as ResourceQuota, attributes, new Date());
    for (const { key } of entriesIn(namespace)) {
      for (let attempt = 1; ; attempt++) {
        const entry = cache.get(key);
        if (entry === undefined || (await charge(entry, attributes))) break;
        if (attempt === triesMax) throw refusal("Conflict", `quota ${key.name} changes too often`);
        await cache.fresh();
      }
    }
  };

  return {
    name: "ResourceQuota",
    validate(attributes) {
      if (!takes(attributes)) return;
      const { namespace } = attributes;
      if (entriesIn(namespace).length === 0) return;
      return inTurn(namespace, () => chargeAll(attributes));
    },
  };
}
