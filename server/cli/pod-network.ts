/** The range of pod addresses: asked for, or chosen at the first start so that two clusters share one machine. */
import { inRange, parseAddress, parseRange } from "#apiserver/allocation/address-range.ts";
import type { KubeObject } from "#gen/api/meta/v1.ts";
import type { WatchCache } from "#storage/watch-cache.ts";
import { type Fact, held } from "./held.ts";

interface Held {
  readonly podCidr: string;
}

const fact: Fact<Held> = {
  resource: "network",
  kind: "PodNetwork",
  isHeld: (object): object is KubeObject & Held => "podCidr" in object,
};

/** 10.244.0.0/16 is what people expect; the others follow it. */
const candidates = Array.from({ length: 10 }, (_, at) => `10.${244 + at}.0.0/16`);

/** The first candidate in which this machine has no address: a bridge of another cluster has one. */
export function freePodCidr(ownAddresses: readonly string[]): string {
  const own = ownAddresses.flatMap((address) => parseAddress(address) ?? []);
  const free = candidates.find((cidr) => {
    const range = parseRange(cidr);
    return !own.some(({ family, value }) => family === range.family && inRange(range, value));
  });
  return free ?? candidates[0] ?? "";
}

/** `asked` wins over what was chosen before: whoever asks knows the network. */
export async function podNetwork(
  cache: Pick<WatchCache, "get" | "write">,
  asked: string | undefined,
  ownAddresses: readonly string[],
): Promise<string> {
  if (asked !== undefined) return asked;
  return (await held(cache, fact, () => ({ podCidr: freePodCidr(ownAddresses) }))).podCidr;
}
