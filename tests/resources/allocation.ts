/** What admission and allocation do before validation, as far as validation depends on it. */
import type { FieldError } from "#apimachinery/field-error.ts";
import { plainFailure, refusal } from "#apimachinery/status.ts";
import { defaultFamilies, normalizeClusterIps } from "#apiserver/allocation/service-families.ts";
import type { Pod, Service } from "#gen/api/core/v1.ts";
import type { KubeObject } from "#gen/api/meta/v1.ts";

export function allocate(object: KubeObject, old: KubeObject | undefined): FieldError[] {
  if (object.kind === "Pod") admitPod(object as Pod, old as Pod | undefined);
  if (object.kind === "Service")
    return allocateService(object as Service, old as Service | undefined);
  return [];
}

const classes = new Set(["system-node-critical", "system-cluster-critical"]);
const taintKeys = ["node.kubernetes.io/not-ready", "node.kubernetes.io/unreachable"];

/** ServiceAccount, Priority and DefaultTolerationSeconds. */
function admitPod({ spec }: Pod, old: Pod | undefined): void {
  if (old === undefined) {
    spec.serviceAccountName ||= "default";
    spec.serviceAccount = spec.serviceAccountName;
  }
  if (old === undefined && spec.priorityClassName && !classes.has(spec.priorityClassName))
    throw refusal("Forbidden", `no PriorityClass with name ${spec.priorityClassName} was found`);
  spec.priority ??= old?.spec.priority ?? 0;
  spec.preemptionPolicy ??= old?.spec.preemptionPolicy ?? "PreemptLowerPriority";
  for (const key of taintKeys) {
    const tolerated = (spec.tolerations ?? []).some(
      (toleration) =>
        (toleration.key === key || !toleration.key) &&
        (toleration.effect === "NoExecute" || !toleration.effect),
    );
    if (tolerated) continue;
    const added = { key, operator: "Exists", effect: "NoExecute", tolerationSeconds: 300 } as const;
    spec.tolerations = [...(spec.tolerations ?? []), added];
  }
}

function isDoubled({ ports = [] }: Service["spec"]): boolean {
  const given = ports.filter(({ nodePort }) => nodePort);
  return (
    new Set(given.map(({ protocol, nodePort }) => `${protocol} ${nodePort}`)).size < given.length
  );
}

/** The fixed addresses and ports that the recorded answers have too. */
function allocateService(service: Service, old: Service | undefined): FieldError[] {
  const { spec } = service;
  if (old !== undefined && spec.type !== "ExternalName") {
    spec.clusterIP ||= old.spec.clusterIP;
    if ((spec.clusterIPs ?? []).length === 0 && spec.clusterIP === old.spec.clusterIP)
      spec.clusterIPs = old.spec.clusterIPs;
  }
  normalizeClusterIps(service, old);
  const faults = defaultFamilies(service, ["IPv4"], old);
  if (faults.length > 0) return faults;
  if (spec.type === "ExternalName") return [];
  if (!spec.clusterIP) spec.clusterIP = old?.spec.clusterIP || "10.0.0.0";
  if ((spec.clusterIPs ?? []).length === 0) spec.clusterIPs = [spec.clusterIP];
  const wantsPorts =
    spec.type === "NodePort" ||
    (spec.type === "LoadBalancer" && spec.allocateLoadBalancerNodePorts !== false);
  if (wantsPorts)
    for (const [index, port] of (spec.ports ?? []).entries()) {
      // The protocols of one port share theirs.
      const first = spec.ports?.findIndex((other) => other.port === port.port) ?? index;
      port.nodePort ||= old?.spec.ports?.[index]?.nodePort || 32769 + (old ? index : first);
    }
  if (old !== undefined && isDoubled(spec)) throw plainFailure("duplicate nodePort");
  if (spec.type === "LoadBalancer" && spec.externalTrafficPolicy === "Local")
    spec.healthCheckNodePort ||= old?.spec.healthCheckNodePort || 32770;
  return [];
}
