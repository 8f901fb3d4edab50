/** Addresses of a CIDR, handed out one by one and taken back. IPv4. */
import ipaddr from "ipaddr.js";

export interface IpRange {
  /** undefined: none is free. */
  take(): string | undefined;
  give(ip: string): void;
  /** Marks an address that a pod already has. */
  claim(ip: string): void;
}

function toNumber(ip: string): number {
  return ipaddr.IPv4.parse(ip)
    .toByteArray()
    .reduce((sum, byte) => sum * 256 + byte, 0);
}

function toText(value: number): string {
  return [24, 16, 8, 0].map((shift) => Math.floor(value / 2 ** shift) % 256).join(".");
}

/** `before`: the range used until now, whose addresses come back to it and not to this one. */
export function ipRange(cidr: string, before?: IpRange): IpRange {
  const [address, length] = ipaddr.IPv4.parseCIDR(cidr);
  const first = toNumber(address.toString());
  const size = 2 ** (32 - length);
  const taken = new Set<number>();
  // The first two are the network's and the bridge's, the last is broadcast.
  let next = 2;
  return {
    take() {
      for (let tried = 0; tried < size; tried += 1) {
        const offset = next;
        next = next + 1 >= size - 1 ? 2 : next + 1;
        if (taken.has(offset) || offset >= size - 1) continue;
        taken.add(offset);
        return toText(first + offset);
      }
      return undefined;
    },
    claim(ip) {
      const offset = toNumber(ip) - first;
      if (offset >= 0 && offset < size) taken.add(offset);
    },
    give(ip) {
      const offset = toNumber(ip) - first;
      if (!taken.delete(offset)) before?.give(ip);
    },
  };
}
