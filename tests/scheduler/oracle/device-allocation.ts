/**
 * Devices for claims on a node: the first in order that satisfy everything. Nothing is kept up while searching: whether
 * a device may join is asked of the whole list of those before it.
 */
import type { Node } from "#gen/api/core/v1.ts";
import type {
  AllocationResult,
  DeviceAllocationConfiguration,
  DeviceClass,
  DeviceRequest,
  DeviceRequestAllocationResult,
  DeviceSubRequest,
  ExactDeviceRequest,
  ResourceClaim,
} from "#gen/api/resource/v1.ts";
import { type Amounts, consumedOf } from "./device-capacity.ts";
import {
  amount,
  countersOf,
  type Devices,
  isAt,
  type Offer,
  type PoolHere,
  poolsAt,
} from "./devices.ts";

/** The attempt itself fails. */
export class DeviceFailure extends Error {}

/** A claim would have more devices than it may: other devices cannot help, another alternative can. */
class TooMany extends Error {}

const most = 32;

interface Wish {
  readonly claim: ResourceClaim;
  readonly request: DeviceRequest;
  readonly alternative: DeviceSubRequest | undefined;
  readonly what: ExactDeviceRequest;
  readonly class: DeviceClass;
  readonly count: number;
  readonly all: readonly Offer[] | undefined;
}

interface Taken {
  readonly wish: Wish;
  readonly offer: Offer;
  readonly consumed: Amounts | undefined;
}

const shown = ({ metadata }: ResourceClaim) => `${metadata.namespace}/${metadata.name}`;
const isShared = ({ device }: Offer) => device.allowMultipleAllocations === true;

class Allocation {
  readonly #devices: Devices;
  readonly #node: Node;
  readonly #pools: readonly PoolHere[];
  readonly #claims: readonly ResourceClaim[];
  readonly #wishes = new Map<DeviceRequest, readonly Wish[]>();
  readonly #had: readonly DeviceRequestAllocationResult[];

  constructor(devices: Devices, node: Node, claims: readonly ResourceClaim[]) {
    this.#devices = devices;
    this.#node = node;
    this.#claims = claims;
    this.#pools = poolsAt(devices, node);
    this.#had = devices.claims
      .flatMap(({ status }) => status.allocation?.devices?.results ?? [])
      .filter(({ adminAccess }) => adminAccess !== true);
    for (const claim of claims) this.#prepare(claim);
  }

  run():
    | readonly Taken[]
    | "cannot allocate all claims"
    | "invalid resource pools were encountered" {
    try {
      const found = this.#claimsFrom(0, []);
      if (found !== undefined) return found;
    } catch (error) {
      if (!(error instanceof TooMany)) throw error;
      return "cannot allocate all claims";
    }
    return this.#pools.some(({ trouble }) => trouble === "currently invalid")
      ? "invalid resource pools were encountered"
      : "cannot allocate all claims";
  }

  #prepare(claim: ResourceClaim): void {
    let least = 0;
    for (const request of claim.spec.devices?.requests ?? []) {
      const wishes =
        request.exactly === undefined
          ? (request.firstAvailable ?? []).map((one) => this.#wish(claim, request, one))
          : [this.#wish(claim, request, undefined)];
      this.#wishes.set(request, wishes);
      const fewest = Math.min(...wishes.map(({ count }) => count));
      if (least + fewest > most)
        throw new DeviceFailure(
          `claim ${shown(claim)}, request ${request.name}: adding ${fewest} devices exceeds the claim limit of ${most}, with ${least} already accounted for`,
        );
      least += fewest;
    }
  }

  #wish(
    claim: ResourceClaim,
    request: DeviceRequest,
    alternative: DeviceSubRequest | undefined,
  ): Wish {
    const what = alternative ?? request.exactly;
    const { classes } = this.#devices;
    const found = classes.find(({ metadata }) => metadata.name === what?.deviceClassName);
    if (what === undefined || found === undefined) throw new DeviceFailure("no class");
    const wish = { claim, request, alternative, what, class: found, all: undefined };
    if (what.allocationMode !== "All") return { ...wish, count: what.count ?? 1 };
    const all: Offer[] = [];
    for (const { id, trouble, offers } of this.#pools) {
      if (trouble !== undefined)
        throw new DeviceFailure(
          `claim ${shown(claim)}, request ${(alternative ?? request).name}: asks for all devices, but resource pool ${id} is ${trouble}`,
        );
      for (const offer of offers) {
        const { capacity = {} } = offer.device;
        const unused = { ...wish, count: 0 };
        if (!this.#isMeant(unused, offer)) continue;
        if (consumedOf(what.capacity?.requests, capacity, new Map()) !== undefined) all.push(offer);
      }
    }
    return { ...wish, count: all.length, all };
  }

  #isMeant({ claim, what, class: deviceClass }: Wish, offer: Offer): boolean {
    const { driver, device, slice, id } = offer;
    const asked = [
      [`class ${deviceClass.metadata.name}`, deviceClass.spec.selectors ?? []],
      [`claim ${shown(claim)}`, what.selectors ?? []],
    ] as const;
    for (const [whose, selectors] of asked) {
      for (const [index, { cel }] of selectors.entries()) {
        const meets = this.#devices.meaning.get(cel?.expression ?? "");
        if (meets === undefined) throw new Error(`what does it mean: ${cel?.expression}`);
        try {
          if (!meets(driver, device)) return false;
        } catch (error) {
          throw new DeviceFailure(
            `${whose}: selector #${index} on device ${id}: CEL runtime error: ${error instanceof Error ? error.message : ""}`,
          );
        }
      }
    }
    return slice.spec.perDeviceNodeSelection !== true || isAt(device, this.#node);
  }

  #claimsFrom(index: number, taken: readonly Taken[]): readonly Taken[] | undefined {
    const claim = this.#claims[index];
    if (claim === undefined) return taken;
    return this.#requestsFrom(claim, 0, taken, (all) => {
      try {
        return this.#claimsFrom(index + 1, all);
      } catch (error) {
        if (error instanceof TooMany) return undefined;
        throw error;
      }
    });
  }

  #requestsFrom(
    claim: ResourceClaim,
    index: number,
    taken: readonly Taken[],
    rest: (taken: readonly Taken[]) => readonly Taken[] | undefined,
  ): readonly Taken[] | undefined {
    const request = claim.spec.devices?.requests?.[index];
    if (request === undefined) return rest(taken);
    const onwards = (all: readonly Taken[]) => this.#requestsFrom(claim, index + 1, all, rest);
    const wishes = this.#wishes.get(request) ?? [];
    const [first] = wishes;
    if (first !== undefined && first.alternative === undefined)
      return this.#devicesOf(first, 0, 0, taken, onwards);
    let tooMany = 0;
    for (const wish of wishes) {
      try {
        const found = this.#devicesOf(wish, 0, 0, taken, onwards);
        if (found !== undefined) return found;
      } catch (error) {
        if (!(error instanceof TooMany)) throw error;
        tooMany++;
      }
    }
    if (tooMany === wishes.length) throw new TooMany();
    return undefined;
  }

  /** `number` of its devices are chosen; the next comes from `from` on. */
  #devicesOf(
    wish: Wish,
    number: number,
    from: number,
    taken: readonly Taken[],
    rest: (taken: readonly Taken[]) => readonly Taken[] | undefined,
  ): readonly Taken[] | undefined {
    if (wish.all?.length === 0) return undefined;
    if (number === wish.count) return rest(taken);
    const had = taken.filter((one) => one.wish.claim === wish.claim).length;
    if (had + wish.count - number > most) throw new TooMany();
    if (wish.all !== undefined) {
      const offer = wish.all[number];
      const next = offer && this.#joined(wish, offer, taken);
      return next && this.#devicesOf(wish, number + 1, 0, next, rest);
    }
    const offers = this.#pools.flatMap((pool) => pool.offers);
    for (const [index, offer] of offers.entries()) {
      if (index < from || this.#isInUse(wish, offer, taken) || !this.#isMeant(wish, offer))
        continue;
      const next = this.#joined(wish, offer, taken);
      const found = next && this.#devicesOf(wish, number + 1, index + 1, next, rest);
      if (found !== undefined) return found;
    }
    return undefined;
  }

  /** Who is allowed to look at all devices shares them with everybody but himself. */
  #isInUse({ what, claim }: Wish, offer: Offer, taken: readonly Taken[]): boolean {
    const same = taken.filter((one) => one.offer.id === offer.id && !isShared(offer));
    if (what.adminAccess === true) return same.some(({ wish }) => wish.claim === claim);
    return same.length > 0 || this.#had.some((one) => idOf(one) === offer.id && !one.shareID);
  }

  /** Those taken with this one more; undefined: it does not go with them. */
  #joined(wish: Wish, offer: Offer, taken: readonly Taken[]): readonly Taken[] | undefined {
    if (this.#isInUse(wish, offer, taken)) return undefined;
    if (!this.#hasCounters(offer, taken)) return undefined;
    const { tolerations = [] } = wish.what;
    const isTainted = (offer.device.taints ?? []).some(
      (taint) =>
        taint.effect !== "None" &&
        !tolerations.some(
          ({ key, operator = "Equal", value = "", effect }) =>
            (!key || key === taint.key) &&
            (!effect || effect === taint.effect) &&
            (operator === "Exists" || value === (taint.value ?? "")),
        ),
    );
    if (isTainted) return undefined;
    const room = this.#room(wish, offer, taken);
    if (wish.all === undefined && room === undefined) return undefined;
    if (!agree(wish, offer, taken)) {
      if (wish.all === undefined) return undefined;
      throw new DeviceFailure(
        `claim ${shown(wish.claim)}, request ${(wish.alternative ?? wish.request).name}: cannot add device ${offer.id} because a claim constraint would not be satisfied`,
      );
    }
    if (room === undefined) return undefined;
    return [...taken, { wish, offer, consumed: isShared(offer) ? room : undefined }];
  }

  #room({ what }: Wish, offer: Offer, taken: readonly Taken[]): Amounts | undefined {
    const used = new Map<string, number>();
    const add = (name: string, much: number) => used.set(name, (used.get(name) ?? 0) + much);
    for (const one of this.#had) {
      if (idOf(one) !== offer.id || !one.shareID) continue;
      for (const [name, value] of Object.entries(one.consumedCapacity ?? {}))
        add(name, amount(String(value)));
    }
    for (const one of taken)
      if (one.offer.id === offer.id) one.consumed?.forEach((much, name) => void add(name, much));
    return consumedOf(what.capacity?.requests, offer.device.capacity ?? {}, used);
  }

  /** Of a device that several have a share of, the first has taken the counters. */
  #hasCounters(offer: Offer, taken: readonly Taken[]): boolean {
    const own = countersOf(offer.device);
    const sharing =
      this.#had.some((one) => idOf(one) === offer.id && one.shareID) ||
      taken.some((one) => one.offer.id === offer.id);
    if (own.length === 0 || (isShared(offer) && sharing)) return true;
    const pool = this.#pools.find(({ offers }) => offers.includes(offer));
    if (pool === undefined) return false;
    const left = new Map(pool.counters);
    const subtract = ([name, much]: [string, number]) =>
      left.set(name, (left.get(name) ?? 0) - much);
    own.forEach(subtract);
    for (const one of pool.all)
      if (this.#had.some((result) => idOf(result) === one.id))
        countersOf(one.device).forEach(subtract);
    const counted = new Set<string>();
    for (const one of taken) {
      if (!pool.offers.includes(one.offer)) continue;
      if (isShared(one.offer) && (counted.has(one.offer.id) || this.#isHad(one.offer))) continue;
      counted.add(one.offer.id);
      countersOf(one.offer.device).forEach(subtract);
    }
    return left.values().every((much) => much >= 0);
  }

  #isHad({ id }: Offer): boolean {
    return this.#had.some((one) => idOf(one) === id);
  }
}

const idOf = ({ driver, pool, device }: DeviceRequestAllocationResult) =>
  `${driver}/${pool}/${device}`;

const namesOf = ({ request, alternative }: Wish) =>
  alternative === undefined
    ? [request.name]
    : [request.name, `${request.name}/${alternative.name}`];

function attributeOf(
  { driver, device: { attributes = {} } }: Offer,
  name: string,
): string | undefined {
  const own = name.startsWith(`${driver}/`) ? attributes[name.slice(driver.length + 1)] : undefined;
  const found = attributes[name] ?? own;
  return found && JSON.stringify(found);
}

/** matchAttribute: all the same; distinctAttribute: no two the same; who has none is out. */
function agree(wish: Wish, offer: Offer, taken: readonly Taken[]): boolean {
  const own = taken.filter((one) => one.wish.claim === wish.claim);
  return (wish.claim.spec.devices?.constraints ?? []).every((constraint) => {
    const { requests = [], matchAttribute, distinctAttribute = "" } = constraint;
    const concerns = (one: Wish) =>
      requests.length === 0 || namesOf(one).some((name) => requests.includes(name));
    if (!concerns(wish)) return true;
    const name = matchAttribute ?? distinctAttribute;
    const values = [...own.filter((one) => concerns(one.wish)).map((one) => one.offer), offer].map(
      (one) => attributeOf(one, name),
    );
    if (values.includes(undefined)) return false;
    const different = new Set(values).size;
    return matchAttribute === undefined ? different === values.length : different === 1;
  });
}

export type Found =
  | { readonly results: readonly AllocationResult[] }
  | { readonly refusal: string };

/** Without share ids. Throws DeviceFailure. */
export function allocateOn(devices: Devices, node: Node, claims: readonly ResourceClaim[]): Found {
  const found = new Allocation(devices, node, claims).run();
  if (typeof found === "string") return { refusal: found };
  return {
    results: claims.map((claim) =>
      written(
        claim,
        found.filter(({ wish }) => wish.claim === claim),
        node,
      ),
    ),
  };
}

function written(claim: ResourceClaim, taken: readonly Taken[], node: Node): AllocationResult {
  const results = taken.map(({ wish, offer, consumed }): DeviceRequestAllocationResult => {
    const { bindingConditions, bindingFailureConditions, name } = offer.device;
    const { tolerations = [], adminAccess } = wish.what;
    const capacity = [...(consumed ?? [])].map(([key, much]) => [key, String(much)]);
    return {
      request: namesOf(wish).at(-1) ?? "",
      driver: offer.driver,
      pool: offer.pool,
      device: name,
      ...(adminAccess === true ? { adminAccess } : {}),
      ...(tolerations.length > 0 ? { tolerations } : {}),
      ...(consumed === undefined ? {} : { shareID: "some" }),
      ...(capacity.length > 0 ? { consumedCapacity: Object.fromEntries(capacity) } : {}),
      ...(bindingConditions === undefined ? {} : { bindingConditions }),
      ...(bindingFailureConditions === undefined ? {} : { bindingFailureConditions }),
    };
  });
  const config = configOf(claim, taken);
  const nodeSelector = placeOf(taken, node);
  return {
    devices: { results, ...(config.length > 0 ? { config } : {}) },
    ...(nodeSelector === undefined ? {} : { nodeSelector }),
  };
}

/** What the classes of the requests bring, each class once; then what the claim does. */
function configOf(
  { spec }: ResourceClaim,
  taken: readonly Taken[],
): DeviceAllocationConfiguration[] {
  const requests = spec.devices?.requests ?? [];
  const wishes = requests.flatMap(
    (one) => taken.find(({ wish }) => wish.request === one)?.wish ?? [],
  );
  const byClass = Map.groupBy(wishes, (wish) => wish.class);
  const ofClasses = [...byClass].flatMap(([{ spec: own }, users]) =>
    (own.config ?? []).map((one) => ({
      ...one,
      source: "FromClass" as const,
      requests: users.map((wish) => namesOf(wish).at(-1) ?? ""),
    })),
  );
  const ofClaim = (spec.devices?.config ?? [])
    .filter(
      ({ requests: names = [] }) =>
        names.length === 0 ||
        wishes.some((wish) => namesOf(wish).some((name) => names.includes(name))),
    )
    .map((one) => ({ ...one, source: "FromClaim" as const }));
  return [...ofClasses, ...ofClaim].map((one) => {
    const { requests: names = [], ...rest } = one;
    const everybody = wishes.every((wish) => namesOf(wish).some((name) => names.includes(name)));
    return names.length === 0 || everybody ? rest : { ...rest, requests: names };
  });
}

function placeOf(taken: readonly Taken[], node: Node): AllocationResult["nodeSelector"] {
  const places = taken.map(({ offer: { slice, device } }) => ({
    place: slice.spec.perDeviceNodeSelection === true ? device : slice.spec,
    bound: device.bindsToNode === true,
  }));
  if (places.some(({ place, bound }) => bound || place.nodeName !== undefined)) {
    const values = [node.metadata.name];
    return {
      nodeSelectorTerms: [{ matchFields: [{ key: "metadata.name", operator: "In", values }] }],
    };
  }
  const all = places.flatMap(
    ({ place }) => place.nodeSelector?.nodeSelectorTerms[0]?.matchExpressions ?? [],
  );
  const matchExpressions = [...new Map(all.map((one) => [JSON.stringify(one), one])).values()];
  return all.length === 0 ? undefined : { nodeSelectorTerms: [{ matchExpressions }] };
}
