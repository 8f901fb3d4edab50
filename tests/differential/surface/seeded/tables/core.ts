/** Rich objects of the core group but for pods. */
import type { Choices } from "../../../random.ts";
import {
  conditionStatus,
  counts,
  type Filled,
  inNamespace,
  labels,
  maybe,
  type RichMaker,
  someOf,
  someTime,
  template,
  upTo,
} from "./filled.ts";

const object = (kind: string, name: string, rest: Filled, metadata: Filled = {}): Filled => ({
  apiVersion: "v1",
  kind,
  metadata: { name, ...metadata },
  ...rest,
});

const roleLabels = {
  "node-role.kubernetes.io/worker": "",
  "node-role.kubernetes.io/control-plane": "true",
  "node-role.kubernetes.io/": "",
  "kubernetes.io/role": "master",
};

export const richNode: RichMaker = (choices, name) => {
  const addresses = choices.some(["InternalIP", "ExternalIP", "Hostname", "InternalIP"], 0.6);
  return {
    path: "/api/v1/nodes",
    object: object(
      "Node",
      name,
      { spec: { unschedulable: maybe(choices, true, 0.3) } },
      { labels: someOf(choices, roleLabels, 0.4) },
    ),
    status: {
      addresses: addresses.map((type, index) => ({ type, address: `10.0.0.${index}` })),
      conditions: choices
        .some(["MemoryPressure", "Ready"], 0.8)
        .map((type) => ({ type, status: conditionStatus(choices) })),
      nodeInfo: {
        kubeletVersion: choices.of(["", "v1.37.1"]),
        osImage: choices.of(["", "Debian"]),
        kernelVersion: choices.of(["", "6.1"]),
        architecture: choices.of(["", "arm64"]),
        containerRuntimeVersion: choices.of(["", "containerd://2"]),
        ...{ machineID: "", systemUUID: "", bootID: "", operatingSystem: "", kubeProxyVersion: "" },
      },
    },
  };
};

function portsOf(choices: Choices, withNodePorts: boolean): Filled[] {
  const count = choices.of([1, 1, 2, 3]);
  return Array.from({ length: count }, (_, index) => ({
    name: count === 1 ? undefined : `p${index}`,
    port: 80 + index,
    protocol: choices.of([undefined, "UDP", "SCTP"]),
    targetPort: withNodePorts ? undefined : choices.of([undefined, "http", 8080]),
  }));
}

const points = (choices: Choices): Filled[] =>
  upTo(choices, 3, () =>
    choices.of<Filled>([
      { ip: "10.7.0.2" },
      { ip: "10.7.0.10", hostname: "both.example.com" },
      { hostname: "a-very-long-name-of-a-load-balancer.example.com" },
      { ip: "fd00::7" },
    ]),
  ).filter((one, index, all) => all.findIndex(({ ip }) => ip === one["ip"]) === index);

export const richService: RichMaker = (choices, name) => {
  const type = choices.of(["ClusterIP", "ClusterIP", "NodePort", "LoadBalancer", "ExternalName"]);
  const outside = type === "NodePort" || type === "LoadBalancer";
  const spec =
    type === "ExternalName"
      ? { type, externalName: "name.example.com", ports: maybe(choices, portsOf(choices, false)) }
      : {
          type,
          ports: portsOf(choices, outside),
          selector: maybe(choices, labels(choices), 0.8),
          clusterIP: type === "ClusterIP" ? maybe(choices, "None", 0.3) : undefined,
          externalIPs: maybe(choices, ["192.0.2.7", "192.0.2.3"], 0.4),
        };
  return {
    path: inNamespace("/api/v1", "services"),
    object: object("Service", name, { spec }),
    ...(type === "LoadBalancer" ? { status: { loadBalancer: { ingress: points(choices) } } } : {}),
  };
};

export const richEndpoints: RichMaker = (choices, name) => {
  const subsets = upTo(choices, 3, (subset) => ({
    addresses: Array.from({ length: 1 + choices.below(4) }, (_, index) => ({
      ip: choices.of([`10.2.${subset}.${index}`, `fd00::${subset}${index}`]),
    })),
    ports: upTo(choices, 2, (index) => ({ name: `p${index}`, port: 80 + index })),
  }));
  return {
    path: inNamespace("/api/v1", "endpoints"),
    object: object("Endpoints", name, { subsets }),
  };
};

const modes = ["ReadWriteMany", "ReadWriteOnce", "ReadOnlyMany"];
const classAnnotation = "volume.beta.kubernetes.io/storage-class";

export const richVolume: RichMaker = (choices, name) => {
  const annotations = maybe(choices, { [classAnnotation]: "annotated" }, 0.2);
  const claimRef = maybe(choices, { namespace: "n", name: "claim" });
  const spec = {
    capacity: { storage: choices.of(["1Gi", "1024Mi", "1500M", "0.5Gi", "1e9", "2000000"]) },
    accessModes: choices.of([modes, ["ReadWriteOncePod"], [modes[1]], modes.slice(1)]),
    persistentVolumeReclaimPolicy: choices.of(["Delete", "Retain", undefined]),
    claimRef,
    storageClassName: maybe(choices, "class"),
    volumeMode: choices.of([undefined, "Block", "Filesystem"]),
    volumeAttributesClassName: maybe(choices, "attributes", 0.3),
    csi: { driver: "d.example.com", volumeHandle: "h" },
  };
  return {
    path: "/api/v1/persistentvolumes",
    object: object("PersistentVolume", name, { spec }, { annotations }),
    status: {
      phase: choices.of(["Pending", "Available", "Bound", "Released", "Failed"]),
      reason: maybe(choices, "Why", 0.4),
    },
  };
};

export const richClaim: RichMaker = (choices, name) => {
  const annotations = maybe(choices, { [classAnnotation]: "annotated" }, 0.2);
  const spec = {
    accessModes: choices.of([modes, [modes[1]]]),
    resources: { requests: { storage: choices.of(["1Gi", "1500M"]) } },
    volumeName: maybe(choices, "volume", 0.7),
    storageClassName: choices.of([undefined, "", "class"]),
    volumeMode: choices.of([undefined, "Block"]),
    volumeAttributesClassName: maybe(choices, "attributes", 0.3),
  };
  return {
    path: inNamespace("/api/v1", "persistentvolumeclaims"),
    object: object("PersistentVolumeClaim", name, { spec }, { annotations }),
    status: {
      phase: choices.of(["Pending", "Bound", "Lost"]),
      capacity: maybe(choices, { storage: choices.of(["2Gi", "2048Mi", "0.1Ti"]) }, 0.8),
      accessModes: maybe(choices, modes, 0.8),
    },
  };
};

export const richQuota: RichMaker = (choices, name) => {
  const names = ["limits.cpu", "requests.cpu", "pods", "requests.storage", "limits.memory"];
  const hard = Object.fromEntries(
    choices.some(names, 0.6).map((one) => [one, choices.of(["100", "1000Gi", "5000m"])]),
  );
  const used = Object.fromEntries(
    choices.some(Object.keys(hard), 0.7).map((one) => [one, choices.of(["1", "500m", "1024Mi"])]),
  );
  return {
    path: inNamespace("/api/v1", "resourcequotas"),
    object: object("ResourceQuota", name, { spec: { scopes: ["Terminating"] } }),
    status: { hard, used },
  };
};

export const richEvent: RichMaker = (choices, name) => {
  const involvedObject = {
    namespace: "NS",
    kind: choices.of(["Pod", "ReplicaSet"]),
    name: choices.of(["", "one"]),
    fieldPath: maybe(choices, "spec.containers{one}", 0.3),
  };
  const old = {
    firstTimestamp: maybe(choices, someTime(choices), 0.7),
    lastTimestamp: maybe(choices, someTime(choices), 0.7),
    count: choices.of(counts),
    source: someOf(choices, { component: "kubelet", host: "node" }),
  };
  const series = { count: 4, lastObservedTime: someTime(choices).replace("Z", ".000000Z") };
  const fresh = {
    eventTime: someTime(choices).replace("Z", ".000000Z"),
    action: "Act",
    reportingComponent: "example.com/component",
    reportingInstance: choices.of(["instance", "i"]),
    series: maybe(choices, series),
  };
  const rest = {
    involvedObject,
    type: choices.of(["Normal", "Warning"]),
    reason: "Because",
    message: choices.of(["of this", "  around\n", "", "line\nline"]),
    ...choices.of<Filled>([old, fresh]),
  };
  return { path: inNamespace("/api/v1", "events"), object: object("Event", name, rest) };
};

export const richController: RichMaker = (choices, name) => {
  const own = labels(choices);
  const spec = { replicas: choices.of(counts), selector: own, template: template(choices, own) };
  return {
    path: inNamespace("/api/v1", "replicationcontrollers"),
    object: object("ReplicationController", name, { spec }),
    status: { replicas: 10, readyReplicas: choices.of(counts) },
  };
};

export const richPodTemplate: RichMaker = (choices, name) => ({
  path: inNamespace("/api/v1", "podtemplates"),
  object: object("PodTemplate", name, { template: template(choices, labels(choices)) }),
});

export const richSecret: RichMaker = (choices, name) => ({
  path: inNamespace("/api/v1", "secrets"),
  object: object("Secret", name, {
    type: choices.of([undefined, "example.com/x"]),
    data: someOf(choices, { a: "YQ==", b: "" }),
    stringData: someOf(choices, { c: "c" }),
  }),
});

export const richConfigMap: RichMaker = (choices, name) => ({
  path: inNamespace("/api/v1", "configmaps"),
  object: object("ConfigMap", name, {
    data: someOf(choices, { a: "1", b: "" }),
    binaryData: someOf(choices, { c: "YQ==" }),
  }),
});
