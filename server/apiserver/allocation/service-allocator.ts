/**
 * What a service is given before it is written: cluster IPs and node ports. Everything claimed for a
 * write that then fails is given back; what the old service held and the new one does not is given back
 * after the write.
 */
import { type FieldError, invalidValue, Path } from "#apimachinery/field-error.ts";
import { internalError, invalid, plainFailure } from "#apimachinery/status.ts";
import type { Allocation, WriteHook } from "#apiserver/write-hooks.ts";
import type { Service, ServicePort } from "#gen/api/core/v1.ts";
import { type IpFamily, parseRange } from "./address-range.ts";
import {
  type ClusterIpParts,
  claimAddress,
  type Holder,
  nextAddress,
  readyRanges,
  releaseAddress,
} from "./cluster-ips.ts";
import {
  claimPort,
  type NodePortParts,
  nextPort,
  type PortClaim,
  releasePort,
} from "./node-ports.ts";
import {
  defaultFamilies,
  isHeadless,
  needsClusterIp,
  normalizeClusterIps,
} from "./service-families.ts";

export interface ServiceAllocator {
  /** Fills `service` in place, on create (`old` undefined) and update. Throws Invalid; nothing is held then. */
  allocate(
    service: Service,
    old: Service | undefined,
    options: { readonly dryRun: boolean },
  ): Promise<Allocation>;
  /** After a delete. */
  release(service: Service): Promise<void>;
}

export interface Held {
  readonly addresses: ReadonlySet<string>;
  readonly ports: ReadonlySet<number>;
}

function needsNodePorts({ spec }: Service): boolean {
  return spec.type === "NodePort" || spec.type === "LoadBalancer";
}

/** A load balancer that reaches pods itself may go without node ports of its own. */
function givesNodePorts({ spec }: Service): boolean {
  if (spec.type === "NodePort") return true;
  return spec.type === "LoadBalancer" && spec.allocateLoadBalancerNodePorts !== false;
}

function needsHealthPort({ spec }: Service): boolean {
  return spec.type === "LoadBalancer" && spec.externalTrafficPolicy === "Local";
}

function addressesOf({ spec }: Service): readonly string[] {
  if (!needsClusterIp(spec) || isHeadless(spec)) return [];
  return (spec.clusterIPs ?? []).filter((address) => address !== "");
}

export function heldBy(service: Service | undefined): Held {
  if (service === undefined) return { addresses: new Set(), ports: new Set() };
  const ports = needsNodePorts(service)
    ? (service.spec.ports ?? []).map(({ nodePort = 0 }) => nodePort)
    : [];
  const healthPort = needsHealthPort(service) ? (service.spec.healthCheckNodePort ?? 0) : 0;
  return {
    addresses: new Set(addressesOf(service)),
    ports: new Set([...ports, healthPort].filter((port) => port !== 0)),
  };
}

/** A client may leave out what the server gave: it keeps it (upstream's patchAllocatedValues). */
function keepAllocated(service: Service, old: Service): void {
  const { spec } = service;
  if (needsClusterIp(spec) && needsClusterIp(old.spec)) {
    if (!spec.clusterIP) spec.clusterIP = old.spec.clusterIP;
    if ((spec.clusterIPs ?? []).length === 0 && spec.clusterIP === old.spec.clusterIP) {
      spec.clusterIPs = old.spec.clusterIPs;
    }
  }
  if (givesNodePorts(service) && givesNodePorts(old)) keepNodePorts(spec.ports ?? [], old);
  if (needsHealthPort(service) && needsHealthPort(old) && !spec.healthCheckNodePort) {
    spec.healthCheckNodePort = old.spec.healthCheckNodePort;
  }
}

function keepNodePorts(ports: readonly ServicePort[], old: Service): void {
  const before = new Set((old.spec.ports ?? []).map(({ nodePort = 0 }) => nodePort));
  const used = new Set(ports.map(({ nodePort = 0 }) => nodePort)).intersection(before);
  const byName = new Map((old.spec.ports ?? []).map(({ name = "", nodePort }) => [name, nodePort]));
  for (const port of ports) {
    const known = byName.get(port.name ?? "");
    if (port.nodePort || !known || used.has(known)) continue;
    // Two ports of one name get the same: that is refused later, as upstream does.
    port.nodePort = known;
  }
}

export interface AllocatorParts extends ClusterIpParts, NodePortParts {
  /** One or two, of different families, the first the primary one: ServiceCIDRs of these give addresses. */
  readonly serviceCidrs: readonly string[];
}

/** Upstream's: in no range of node ports, so that nobody takes it for one that was given. */
const shownPortsAfter = 32_768;

/** What was newly claimed during one allocate. */
interface Claimed {
  readonly addresses: string[];
  readonly ports: number[];
}

class Allocating {
  readonly #parts: AllocatorParts;
  readonly #families: readonly IpFamily[];
  readonly #service: Service;
  readonly #old: Held;
  readonly #before: Service | undefined;
  readonly #dryRun: boolean;
  readonly claimed: Claimed = { addresses: [], ports: [] };

  constructor(
    parts: AllocatorParts,
    families: readonly IpFamily[],
    asked: {
      readonly service: Service;
      readonly before: Service | undefined;
      readonly old: Held;
      readonly dryRun: boolean;
    },
  ) {
    this.#parts = parts;
    this.#families = families;
    this.#service = asked.service;
    this.#old = asked.old;
    this.#before = asked.before;
    this.#dryRun = asked.dryRun;
  }

  get #holder(): Holder {
    const { namespace = "", name } = this.#service.metadata;
    return { namespace, name };
  }

  async addresses(): Promise<FieldError | undefined> {
    const { spec } = this.#service;
    if (!needsClusterIp(spec)) return undefined;
    if (isHeadless(spec)) {
      spec.clusterIP = "None";
      spec.clusterIPs = ["None"];
      return undefined;
    }
    // The first address stays for life: what asks for another is refused as invalid, not for want of it.
    const first =
      this.#before && needsClusterIp(this.#before.spec) && this.#before.spec.clusterIPs?.[0];
    if (first && (spec.clusterIPs?.[0] ?? first) !== first) return undefined;
    const addresses: string[] = [];
    for (const [at, family] of (spec.ipFamilies ?? []).entries()) {
      const known = this.#families.find((each) => each === family);
      if (known === undefined) continue;
      const wanted = spec.clusterIPs?.[at] ?? "";
      const outcome = await this.#address(known, wanted);
      if ("fault" in outcome) return outcome.fault;
      addresses.push(outcome.address);
    }
    spec.clusterIPs = addresses;
    spec.clusterIP = addresses[0] ?? "";
    return undefined;
  }

  async #address(
    family: IpFamily,
    wanted: string,
  ): Promise<{ address: string } | { fault: FieldError }> {
    if (wanted !== "" && this.#old.addresses.has(wanted)) return { address: wanted };
    const asked = { holder: this.#holder, dryRun: this.#dryRun };
    const ranges = readyRanges(this.#parts.store, family);
    const claim =
      wanted === ""
        ? await nextAddress(this.#parts, ranges, asked)
        : await claimAddress(this.#parts, ranges, { ...asked, address: wanted });
    if ("address" in claim) {
      this.claimed.addresses.push(claim.address);
      return claim;
    }
    const path = new Path("spec").child("clusterIPs");
    const { clusterIPs } = this.#service.spec;
    const detail =
      wanted === ""
        ? `failed to allocate a serviceIP: ${claim.fault}`
        : `failed to allocate IP ${wanted}: ${claim.fault}`;
    return { fault: invalidValue(path, clusterIPs ?? [], detail) };
  }

  async nodePorts(): Promise<FieldError | undefined> {
    if (!needsNodePorts(this.#service)) return undefined;
    return this.#before === undefined ? this.#firstNodePorts() : this.#changedNodePorts();
  }

  /** Of an update: each port has its own, and naming one twice is a failure, not a fault. */
  async #changedNodePorts(): Promise<FieldError | undefined> {
    const path = new Path("spec").child("ports");
    const given = givesNodePorts(this.#service);
    const seen = new Set<string>();
    for (const [at, port] of (this.#service.spec.ports ?? []).entries()) {
      const named = port.nodePort ?? 0;
      if (named === 0 && !given) continue;
      if (named === 0 || !this.claimed.ports.includes(named)) {
        const outcome = await this.#port(named, path.index(at).child("nodePort"));
        if ("fault" in outcome) return outcome.fault;
        port.nodePort = outcome.port;
      }
      const one = `${port.protocol} ${port.nodePort}`;
      if (seen.has(one)) throw plainFailure(`duplicate nodePort: ${one}`);
      seen.add(one);
    }
    return undefined;
  }

  async #firstNodePorts(): Promise<FieldError | undefined> {
    const ports = this.#service.spec.ports ?? [];
    const path = new Path("spec").child("ports");
    const given = givesNodePorts(this.#service);
    /** Service port -> node port: the protocols of one port share it. */
    const shared = new Map<number, number>();
    for (const [at, port] of ports.entries()) {
      if (!port.nodePort && !given) continue;
      const asked = ports.find((each) => each.port === port.port && each.nodePort)?.nodePort;
      const wanted = port.nodePort || (shared.get(port.port) ?? asked ?? 0);
      if (wanted !== 0 && shared.get(port.port) === wanted) {
        port.nodePort = wanted;
        continue;
      }
      const outcome = await this.#port(wanted, path.index(at).child("nodePort"));
      if ("fault" in outcome) return outcome.fault;
      port.nodePort = outcome.port;
      if (!shared.has(port.port)) shared.set(port.port, outcome.port);
    }
    return undefined;
  }

  async healthPort(): Promise<FieldError | undefined> {
    const { spec } = this.#service;
    const had = this.#before !== undefined && needsHealthPort(this.#before);
    // Who has one keeps it: another is refused where services are judged.
    if (!needsHealthPort(this.#service) || had) return undefined;
    const path = new Path("spec").child("healthCheckNodePort");
    const outcome = await this.#port(spec.healthCheckNodePort ?? 0, path);
    if ("fault" in outcome) throw internalError(outcome.fault.message);
    spec.healthCheckNodePort = outcome.port;
    return undefined;
  }

  async #port(wanted: number, path: Path): Promise<{ port: number } | { fault: FieldError }> {
    if (wanted !== 0 && this.#old.ports.has(wanted)) return { port: wanted };
    if (wanted === 0 && this.#dryRun) return this.#shownPort();
    const { namespace, name } = this.#holder;
    const asked = { holder: `${namespace}/${name}`, dryRun: this.#dryRun };
    const claim =
      wanted === 0
        ? await nextPort(this.#parts, { ...asked, except: this.#counted() })
        : await this.#claim(wanted, asked);
    if ("fault" in claim) return { fault: invalidValue(path, wanted, claim.fault) };
    this.claimed.ports.push(claim.port);
    return claim;
  }

  /** In a dry run nothing is looked for: upstream shows the number after the last one. */
  #shownPort(): { port: number } {
    const { ports } = this.claimed;
    // In 32 bits, as ports are there.
    const port = ((ports.length === 0 ? shownPortsAfter : Math.max(...ports)) + 1) | 0;
    ports.push(port);
    return { port };
  }

  /** A dry run reserves nothing, so what it has claimed itself only it knows. */
  #claim(port: number, asked: { holder: string; dryRun: boolean }): Promise<PortClaim> | PortClaim {
    return this.claimed.ports.includes(port)
      ? { fault: "provided port is already allocated" }
      : claimPort(this.#parts, { ...asked, port });
  }

  /** Ports that this service names and has not claimed yet. */
  #counted(): ReadonlySet<number> {
    const named = (this.#service.spec.ports ?? []).map(({ nodePort = 0 }) => nodePort);
    return new Set([...named, ...this.claimed.ports, ...this.#old.ports]);
  }
}

export function createServiceAllocator(parts: AllocatorParts): ServiceAllocator {
  const families = parts.serviceCidrs.map((cidr) => parseRange(cidr).family);
  const giveBack = async ({ addresses, ports }: Held | Claimed): Promise<void> => {
    await Promise.all([
      ...[...addresses].map((address) => releaseAddress(parts, address)),
      ...[...ports].map((port) => releasePort(parts, port)),
    ]);
  };
  return {
    async allocate(service, old, { dryRun }) {
      const { name } = service.metadata;
      const refuse = (faults: readonly FieldError[]): never => {
        throw invalid({ group: "", kind: "Service" }, name, faults);
      };
      if (old !== undefined) keepAllocated(service, old);
      normalizeClusterIps(service, old);
      const faults = defaultFamilies(service, families, old);
      if (faults.length > 0) refuse(faults);
      const before = heldBy(old);
      const allocating = new Allocating(parts, families, {
        service,
        before: old,
        old: before,
        dryRun,
      });
      const failed = async (): Promise<void> => {
        if (!dryRun) await giveBack(allocating.claimed);
      };
      try {
        for (const step of ["addresses", "nodePorts", "healthPort"] as const) {
          const fault = await allocating[step]();
          if (fault !== undefined) refuse([fault]);
        }
      } catch (error) {
        await failed();
        throw error;
      }
      const written = async (): Promise<void> => {
        if (dryRun) return;
        const after = heldBy(service);
        await giveBack({
          addresses: before.addresses.difference(after.addresses),
          ports: before.ports.difference(after.ports),
        });
      };
      return { written, failed };
    },
    release: (service) => giveBack(heldBy(service)),
  };
}

/** The allocator as the write path calls it: under the services' key stand services. */
export function serviceHook(allocator: ServiceAllocator): WriteHook {
  return {
    allocate: (object, old, options) =>
      allocator.allocate(object as Service, old as Service | undefined, options),
    release: (object) => allocator.release(object as Service),
  };
}
