/** Pods as the backends of a Service: who belongs to it, under which addresses and ports. */

import { deepEqual } from "#apimachinery/deep-equal.ts";
import type { Informer } from "#client/informer.ts";
import { objectKey } from "#client/store.ts";
import type { Pod, Service, ServicePort } from "#gen/api/core/v1.ts";
import { isPodReady, isPodTerminal, isPodTerminating } from "./pod-conditions.ts";

export type IpFamily = "IPv4" | "IPv6";

/** ExternalName has no backends, and those of a Service without selector are someone else's. */
export function hasBackends({ spec }: Service): boolean {
  return spec.type !== "ExternalName" && Object.keys(spec.selector ?? {}).length > 0;
}

export function selects({ spec }: Service, labels: Readonly<Record<string, string>> = {}): boolean {
  const wanted = Object.entries(spec.selector ?? {});
  return wanted.length > 0 && wanted.every(([name, value]) => labels[name] === value);
}

export function familiesOf({ spec }: Service): readonly IpFamily[] {
  const given = (spec.ipFamilies ?? []).filter((family) => family !== "");
  if (given.length > 0) return given;
  const { clusterIP = "" } = spec;
  return [clusterIP.includes(":") ? "IPv6" : "IPv4"];
}

export function isHeadless({ spec }: Service): boolean {
  return spec.clusterIP === "None";
}

export function addressesOf({ status }: Pod, family: IpFamily): readonly string[] {
  const ips = (status.podIPs ?? []).map(({ ip }) => ip);
  const all = ips.length > 0 ? ips : [status.podIP ?? ""];
  return all.filter((ip) => ip !== "" && ip.includes(":") === (family === "IPv6"));
}

/** It has an address and may still answer; a terminating one may, until its containers are gone. */
export function mayServe(pod: Pod): boolean {
  return !isPodTerminal(pod) && (pod.status.podIP ?? "") !== "";
}

/** The port of a pod behind a port of the Service; undefined: the pod has no port of that name. */
export function targetPort({ spec }: Pod, port: ServicePort): number | undefined {
  const { targetPort: target = port.port, protocol = "TCP" } = port;
  if (typeof target === "number") return target === 0 ? port.port : target;
  const sidecars = (spec.initContainers ?? []).filter((it) => it.restartPolicy === "Always");
  for (const container of [...spec.containers, ...sidecars]) {
    for (const candidate of container.ports ?? []) {
      const sameProtocol = (candidate.protocol ?? "TCP") === protocol;
      if (candidate.name === target && sameProtocol) return candidate.containerPort;
    }
  }
  return undefined;
}

/** The name by which the Service's DNS knows the pod. */
export function hostnameIn({ metadata }: Service, { spec }: Pod): string | undefined {
  const { hostname = "", subdomain = "" } = spec;
  return hostname !== "" && subdomain === metadata.name ? hostname : undefined;
}

/** Wakes the Services of a pod when something has changed that they show. */
export function servicesWatcher(services: Informer<Service>, enqueue: (key: string) => void) {
  const wake = ({ metadata }: Pod): void => {
    const { namespace = "", labels } = metadata;
    for (const service of services.list(namespace)) {
      if (selects(service, labels)) enqueue(objectKey(namespace, service.metadata.name));
    }
  };
  return {
    added: wake,
    updated(old: Pod, pod: Pod) {
      if (deepEqual(shown(old), shown(pod))) return;
      wake(pod);
      if (!deepEqual(old.metadata.labels, pod.metadata.labels)) wake(old);
    },
    deleted: wake,
  };
}

function shown(pod: Pod): unknown {
  const { metadata, spec, status } = pod;
  return [
    metadata.labels,
    isPodTerminating(pod),
    isPodReady(pod),
    isPodTerminal(pod),
    status.podIP,
    status.podIPs,
    spec.nodeName,
  ];
}
