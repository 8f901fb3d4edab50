/** Devices for claims on one node, as the API writes them down. Pure. */
import { formatQuantity } from "#apimachinery/quantity.ts";
import type { NodeSelector, NodeSelectorRequirement } from "#gen/api/core/v1.ts";
import type {
  AllocationResult,
  DeviceAllocationConfiguration,
  DeviceClass,
  DeviceRequestAllocationResult,
  ResourceClaim,
} from "#gen/api/resource/v1.ts";
import type { NodeFacts } from "#scheduler/node-facts.ts";
import type { DeviceLedger } from "./ledger.ts";
import { gatherPools } from "./pools.ts";
import { AllocationError, prepare } from "./requests.ts";
import { type Chosen, Search, SearchTooLong } from "./search.ts";
import type { SliceIndex } from "./slices.ts";

export interface DeviceState {
  readonly slices: SliceIndex;
  readonly ledger: DeviceLedger;
  readonly classOf: (name: string) => DeviceClass | undefined;
  /** Of a share of a device. */
  readonly newId: () => string;
}

export type Allocated =
  /** One result a claim, in order. */
  { readonly results: readonly AllocationResult[] } | { readonly refusal: "cannot" | "invalid" };

/** Throws AllocationError: a claim, class or driver is at fault, whatever the node. */
export function allocate(
  state: DeviceState,
  node: NodeFacts,
  claims: readonly ResourceClaim[],
): Allocated {
  const pools = gatherPools(state.slices, node);
  const around = { node, pools, classOf: state.classOf };
  const prepared = claims.map((claim) => prepare(claim, around));
  const search = new Search(node, pools, state.ledger, prepared);
  try {
    if (!search.run()) return { refusal: search.hasInvalidPool ? "invalid" : "cannot" };
  } catch (error) {
    if (!(error instanceof SearchTooLong)) throw error;
    throw new AllocationError(`node ${node.name}: timed out trying to allocate devices`);
  }
  const results = claims.map((claim, index) =>
    resultOf(claim, search.chosen[index] ?? [], { node, newId: state.newId }),
  );
  return { results };
}

interface Making {
  readonly node: NodeFacts;
  readonly newId: () => string;
}

function resultOf(
  claim: ResourceClaim,
  chosen: readonly Chosen[],
  making: Making,
): AllocationResult {
  const config = configurations(claim, chosen);
  const nodeSelector = selectorOf(chosen, making.node.name);
  return {
    devices: {
      results: chosen.map((one) => deviceResult(one, making.newId)),
      ...(config.length === 0 ? {} : { config }),
    },
    ...(nodeSelector === undefined ? {} : { nodeSelector }),
  };
}

function deviceResult(
  { choice, candidate, consumed }: Chosen,
  newId: () => string,
): DeviceRequestAllocationResult {
  const { device, pool } = candidate;
  const { bindingConditions, bindingFailureConditions } = device;
  const result: DeviceRequestAllocationResult = {
    request: choice.name,
    driver: pool.driver,
    pool: pool.name,
    device: device.name,
  };
  if (choice.admin) result.adminAccess = true;
  if (choice.tolerations.length > 0) result.tolerations = [...choice.tolerations];
  if (consumed !== undefined) result.shareID = newId();
  if (consumed !== undefined && consumed.size > 0)
    result.consumedCapacity = Object.fromEntries(
      [...consumed].map(([name, amount]) => [name, formatQuantity(amount)]),
    );
  if (bindingConditions !== undefined) result.bindingConditions = bindingConditions;
  if (bindingFailureConditions !== undefined)
    result.bindingFailureConditions = bindingFailureConditions;
  return result;
}

/** Of classes first, each once; then the claim's. One that is for every request names none. */
function configurations(
  { spec }: ResourceClaim,
  chosen: readonly Chosen[],
): DeviceAllocationConfiguration[] {
  const requests = (spec.devices?.requests ?? []).flatMap(({ name }) => {
    const found = chosen.find(({ choice }) => choice.names[0] === name);
    return found === undefined ? [] : [found.choice];
  });
  const classes = new Map<DeviceClass, string[]>();
  for (const choice of requests)
    classes.set(choice.class, [...(classes.get(choice.class) ?? []), choice.name]);
  const found: DeviceAllocationConfiguration[] = [...classes].flatMap(([{ spec: of }, names]) =>
    (of.config ?? []).map((one) => ({ source: "FromClass" as const, requests: names, ...one })),
  );
  for (const one of spec.devices?.config ?? []) {
    const names = one.requests ?? [];
    const concerned = requests.some(({ names: own }) => own.some((name) => names.includes(name)));
    if (names.length === 0 || concerned) found.push({ source: "FromClaim", ...one });
  }
  return found.map(({ requests: names = [], ...rest }) => {
    const forAll = requests.every(({ names: own }) => own.some((name) => names.includes(name)));
    return names.length === 0 || forAll ? rest : { ...rest, requests: names };
  });
}

/** Where the devices can be used; undefined: everywhere. */
function selectorOf(chosen: readonly Chosen[], nodeName: string): NodeSelector | undefined {
  const fields: NodeSelectorRequirement[] = [];
  const expressions: NodeSelectorRequirement[] = [];
  for (const { candidate } of chosen) {
    const { slice, device } = candidate;
    const place = slice.spec.perDeviceNodeSelection === true ? device : slice.spec;
    if (place.nodeName !== undefined || device.bindsToNode === true) {
      const matchFields = [{ key: "metadata.name", operator: "In" as const, values: [nodeName] }];
      return { nodeSelectorTerms: [{ matchFields }] };
    }
    const [term] = place.nodeSelector?.nodeSelectorTerms ?? [];
    addNew(fields, term?.matchFields ?? []);
    addNew(expressions, term?.matchExpressions ?? []);
  }
  if (fields.length + expressions.length === 0) return undefined;
  const term = {
    ...(expressions.length === 0 ? {} : { matchExpressions: expressions }),
    ...(fields.length === 0 ? {} : { matchFields: fields }),
  };
  return { nodeSelectorTerms: [term] };
}

function addNew(to: NodeSelectorRequirement[], more: readonly NodeSelectorRequirement[]): void {
  const sign = ({ key, operator, values = [] }: NodeSelectorRequirement) =>
    JSON.stringify([key, operator, [...values].sort()]);
  for (const one of more) if (!to.some((known) => sign(known) === sign(one))) to.push(one);
}
