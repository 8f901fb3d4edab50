/**
 * What an agent must be able to rely on before it takes a pod up: an API server validates pods, but not every one
 * validates as ours does, and names become paths on this machine. Pure.
 */
import { parseQuantity } from "#apimachinery/quantity.ts";
import type { Pod } from "#gen/api/core/v1.ts";
import type { Verdict } from "./status.ts";

/** DNS labels and subdomains: neither slashes nor dots in a row nor an empty name. */
const label = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/;
const subdomain = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/;
const uidPattern = /^[-A-Za-z0-9]{1,128}$/;

/** As it comes from outside: of nothing but the outermost shape the type can be believed. */
type Loose = Readonly<Record<string, unknown>>;

const object = (value: unknown): Loose =>
  typeof value === "object" && value !== null && !Array.isArray(value) ? { ...value } : {};

function list(value: unknown): readonly Loose[] | undefined {
  if (value === undefined) return [];
  return Array.isArray(value) ? value.map(object) : undefined;
}

function isQuantity(value: unknown): boolean {
  try {
    parseQuantity(typeof value === "number" ? `${value}` : String(value));
    return typeof value === "string" || typeof value === "number";
  } catch {
    return false;
  }
}

function containerFault(container: Loose, volumes: ReadonlySet<unknown>): string | undefined {
  const { name, resources, volumeMounts } = container;
  if (typeof name !== "string" || !label.test(name))
    return `container name ${JSON.stringify(name)}`;
  const { requests, limits } = object(resources);
  for (const [resource, quantity] of Object.entries({ ...object(limits), ...object(requests) })) {
    if (!isQuantity(quantity)) return `container ${name}: ${resource} ${JSON.stringify(quantity)}`;
  }
  const mounts = list(volumeMounts);
  if (mounts === undefined) return `container ${name}: volumeMounts`;
  const unknown = mounts.find((mount) => !volumes.has(mount["name"]));
  return unknown && `container ${name}: mounts unknown volume ${JSON.stringify(unknown["name"])}`;
}

/** What is wrong with who it is: such a pod has no place here at all. */
export function identityFault(pod: Pod): string | undefined {
  const { name, namespace, uid } = object(pod.metadata);
  if (typeof uid !== "string" || !uidPattern.test(uid)) return `uid ${JSON.stringify(uid)}`;
  if (typeof name !== "string" || !subdomain.test(name)) return `name ${JSON.stringify(name)}`;
  if (typeof namespace !== "string" || !label.test(namespace)) {
    return `namespace ${JSON.stringify(namespace)}`;
  }
  return undefined;
}

/** What is wrong with what it asks for; undefined: nothing that would harm the agent. */
export function podFault(pod: Pod): string | undefined {
  const spec = object(pod.spec);
  const volumes = list(spec["volumes"]);
  if (volumes === undefined) return "volumes";
  const volumeNames = new Set(volumes.map((volume) => volume["name"]));
  for (const volume of volumeNames) {
    if (typeof volume !== "string" || !label.test(volume)) {
      return `volume name ${JSON.stringify(volume)}`;
    }
  }
  const kinds = ["initContainers", "containers", "ephemeralContainers"];
  const lists = kinds.map((kind) => list(spec[kind]));
  if (lists.includes(undefined)) return "its lists of containers";
  const containers = lists.flatMap((one) => one ?? []);
  if ((lists[1] ?? []).length === 0) return "no containers";
  const names = containers.map((container) => container["name"]);
  if (new Set(names).size !== names.length) return "two containers of one name";
  return containers.map((one) => containerFault(one, volumeNames)).find((fault) => fault);
}

/** The verdict on such a pod, and what of it can be handled: refused, told, deleted like any other. */
export function refusedPod(
  pod: Pod,
  fault: string,
): { readonly pod: Pod; readonly verdict: Verdict } {
  const { phase, startTime, conditions } = pod.status ?? {};
  const status = {
    ...(phase === undefined ? {} : { phase }),
    ...(startTime === undefined ? {} : { startTime }),
    ...(conditions === undefined ? {} : { conditions }),
  };
  return {
    pod: {
      ...pod,
      spec: { containers: [], restartPolicy: "Never", terminationGracePeriodSeconds: 0 },
      status,
    },
    verdict: {
      reason: "UnexpectedAdmissionError",
      message: `Pod was rejected: the node cannot make sense of it: ${fault}`,
    },
  };
}
