/** The objects that every cluster has from its start, made from upstream's by this cluster's own facts. */
import { withAggregatedRules } from "#apimachinery/aggregate-cluster-roles.ts";
import { apiservices } from "#gen/api/apiregistration/v1.ts";
import {
  type ConfigMap,
  configmaps,
  type Namespace,
  namespaces,
  type Service,
  services,
} from "#gen/api/core/v1.ts";
import { flowschemas, prioritylevelconfigurations } from "#gen/api/flowcontrol/v1.ts";
import type { KubeObject } from "#gen/api/meta/v1.ts";
import {
  type IPAddress,
  ipaddresses,
  type ServiceCIDR,
  servicecidrs,
} from "#gen/api/networking/v1.ts";
import {
  type ClusterRoleBinding,
  clusterrolebindings,
  clusterroles,
  rolebindings,
  roles,
} from "#gen/api/rbac/v1.ts";
import type { ResourceRef } from "#gen/api/resource-ref.ts";
import { priorityclasses } from "#gen/api/scheduling/v1.ts";
import {
  startApiServices,
  startClusterRoleBindings,
  startClusterRoles,
  startFlowSchemas,
  startNamespaces,
  startPriorityClasses,
  startPriorityLevels,
  startRoleBindings,
  startRoles,
} from "#gen/start-objects.ts";

/** One object that must exist. Its metadata lacks what a write gives it (uid, creationTimestamp). */
export interface StartObject {
  readonly group: string;
  readonly resource: string;
  readonly object: KubeObject;
}

function of<T extends KubeObject>(ref: ResourceRef<T>, objects: readonly T[]): StartObject[] {
  return objects.map((object) => ({ group: ref.group, resource: ref.plural, object }));
}

const groupSubject = (name: string) => ({
  apiGroup: "rbac.authorization.k8s.io",
  kind: "Group",
  name,
});

function binding(name: string, role: string, group: string): ClusterRoleBinding {
  return {
    apiVersion: "rbac.authorization.k8s.io/v1",
    kind: "ClusterRoleBinding",
    metadata: { name },
    roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "ClusterRole", name: role },
    subjects: [groupSubject(group)],
  };
}

const clientCsr = "system:certificates.k8s.io:certificatesigningrequests";

/** What lets a machine with a bootstrap token become a node, and a node renew itself (as kubeadm binds it). */
const bootstrapBindings: readonly ClusterRoleBinding[] = [
  binding("kubun:kubelet-bootstrap", "system:node-bootstrapper", "system:bootstrappers"),
  binding("kubun:node-autoapprove-bootstrap", `${clientCsr}:nodeclient`, "system:bootstrappers"),
  binding(
    "kubun:node-autoapprove-certificate-rotation",
    `${clientCsr}:selfnodeclient`,
    "system:nodes",
  ),
];

/** ipFamilies and CIDRs go together; the first is the primary one. */
export interface ServiceNetwork {
  readonly serviceCidrs: readonly string[];
  /** The first address of each CIDR: the kubernetes Service's own. */
  readonly kubernetesServiceIps: readonly string[];
}

function serviceCidr(network: ServiceNetwork, now: string): ServiceCIDR {
  return {
    apiVersion: "networking.k8s.io/v1",
    kind: "ServiceCIDR",
    metadata: { name: "kubernetes", finalizers: ["networking.k8s.io/service-cidr-finalizer"] },
    spec: { cidrs: [...network.serviceCidrs] },
    status: {
      conditions: [
        {
          lastTransitionTime: now,
          message: "Kubernetes default Service CIDR is ready",
          reason: "",
          status: "True",
          type: "Ready",
        },
      ],
    },
  };
}

function authenticationConfig(clientAuthority: string): ConfigMap {
  return {
    apiVersion: "v1",
    kind: "ConfigMap",
    metadata: { name: "extension-apiserver-authentication", namespace: "kube-system" },
    data: { "client-ca-file": clientAuthority },
  };
}

/** Since when the use of tokens in Secrets is noted: before that the controller that removes unused ones may not judge. */
function tokenTracking(now: string): ConfigMap {
  const name = "kube-apiserver-legacy-service-account-token-tracking";
  return {
    apiVersion: "v1",
    kind: "ConfigMap",
    metadata: { name, namespace: "kube-system" },
    data: { since: now.slice(0, "2026-01-01".length) },
  };
}

/** The Service of the API itself, on the first address of the range. `port`: the door's. */
export function kubernetesService(network: ServiceNetwork, port: number): Service {
  const [clusterIP = ""] = network.kubernetesServiceIps;
  return {
    apiVersion: "v1",
    kind: "Service",
    metadata: {
      name: "kubernetes",
      namespace: "default",
      labels: { component: "apiserver", provider: "kubernetes" },
    },
    spec: {
      clusterIP,
      clusterIPs: [clusterIP],
      internalTrafficPolicy: "Cluster",
      ipFamilies: [clusterIP.includes(":") ? "IPv6" : "IPv4"],
      ipFamilyPolicy: "SingleStack",
      ports: [{ name: "https", port: 443, protocol: "TCP", targetPort: port }],
      sessionAffinity: "None",
      type: "ClusterIP",
    },
    status: { loadBalancer: {} },
  };
}

/** What holds the Service's address, so that no other service is given it. */
function kubernetesAddress(address: string): IPAddress {
  return {
    apiVersion: "networking.k8s.io/v1",
    kind: "IPAddress",
    metadata: {
      name: address,
      labels: {
        "ipaddress.kubernetes.io/ip-family": address.includes(":") ? "IPv6" : "IPv4",
        "ipaddress.kubernetes.io/managed-by": "ipallocator.k8s.io",
      },
    },
    spec: { parentRef: { resource: "services", namespace: "default", name: "kubernetes" } },
  };
}

function withTimes<T>(objects: readonly T[], now: string): T[] {
  return objects.map((object) =>
    // structuredClone first: the facts are shared, the revived times are this cluster's own.
    JSON.parse(JSON.stringify(object), (key, value) =>
      key === "lastTransitionTime" ? now : value,
    ),
  );
}

/** `now`: RFC 3339, for conditions. `clientAuthority`: PEM that client certificates verify against. */
export function startObjects(parts: {
  readonly now: string;
  readonly network: ServiceNetwork;
  readonly port: number;
  readonly clientAuthority: string;
}): readonly StartObject[] {
  const { now, network, port, clientAuthority } = parts;
  const allNamespaces: readonly Namespace[] = startNamespaces;
  return [
    ...of(namespaces, allNamespaces),
    ...of(
      clusterroles,
      startClusterRoles.map((role) => withAggregatedRules(role, startClusterRoles) ?? role),
    ),
    ...of(clusterrolebindings, [...startClusterRoleBindings, ...bootstrapBindings]),
    ...of(roles, startRoles),
    ...of(rolebindings, startRoleBindings),
    ...of(priorityclasses, startPriorityClasses),
    ...of(flowschemas, withTimes(startFlowSchemas, now)),
    ...of(prioritylevelconfigurations, startPriorityLevels),
    ...of(apiservices, withTimes(startApiServices, now)),
    ...of(servicecidrs, [serviceCidr(network, now)]),
    ...of(services, [kubernetesService(network, port)]),
    ...of(ipaddresses, network.kubernetesServiceIps.slice(0, 1).map(kubernetesAddress)),
    ...of(configmaps, [authenticationConfig(clientAuthority), tokenTracking(now)]),
  ];
}
