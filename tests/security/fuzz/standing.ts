/** What stands in the cluster that is attacked: one valid object of several kinds. */
type Json = Record<string, unknown>;

export interface Standing {
  /** Of its collection. */
  readonly path: string;
  readonly name: string;
  readonly object: Json;
}

/** Only who may read the Secret may ever see it, and nobody in an error or a log. */
export const secretValue = "c3dvcmRmaXNoLXBhc3N3b3Jk";

const name = "p";
const metadata = { name, namespace: "default", labels: { a: "b" } };
const labels = { matchLabels: { a: "b" } };
const container = { name: "c", image: "x", resources: { requests: { cpu: "1m" } } };
const template = { metadata: { labels: { a: "b" } }, spec: { containers: [container] } };
const core = "/api/v1/namespaces/default";
const apps = "/apis/apps/v1/namespaces/default";

const of = (path: string, object: Json, own = name): Standing => ({
  path,
  name: own,
  object: { metadata, ...object },
});

export const standing: readonly Standing[] = [
  of(`${core}/pods`, {
    apiVersion: "v1",
    kind: "Pod",
    spec: { containers: [container], volumes: [{ name: "v", emptyDir: {} }] },
  }),
  of(`${core}/configmaps`, { apiVersion: "v1", kind: "ConfigMap", data: { a: "b" } }),
  of(`${core}/secrets`, { apiVersion: "v1", kind: "Secret", data: { key: secretValue } }),
  of(`${core}/services`, {
    apiVersion: "v1",
    kind: "Service",
    spec: { selector: { a: "b" }, ports: [{ port: 80 }] },
  }),
  of(`${apps}/deployments`, {
    apiVersion: "apps/v1",
    kind: "Deployment",
    spec: { replicas: 1, selector: labels, template },
  }),
  of(`${apps}/statefulsets`, {
    apiVersion: "apps/v1",
    kind: "StatefulSet",
    spec: { serviceName: "s", selector: labels, template },
  }),
  of("/apis/networking.k8s.io/v1/namespaces/default/ingresses", {
    apiVersion: "networking.k8s.io/v1",
    kind: "Ingress",
    spec: { defaultBackend: { service: { name: "s", port: { number: 80 } } } },
  }),
  of("/apis/rbac.authorization.k8s.io/v1/namespaces/default/roles", {
    apiVersion: "rbac.authorization.k8s.io/v1",
    kind: "Role",
    rules: [{ apiGroups: [""], resources: ["pods"], verbs: ["get"] }],
  }),
  of("/apis/autoscaling/v2/namespaces/default/horizontalpodautoscalers", {
    apiVersion: "autoscaling/v2",
    kind: "HorizontalPodAutoscaler",
    spec: { maxReplicas: 3, scaleTargetRef: { apiVersion: "apps/v1", kind: "Deployment", name } },
  }),
  of(
    "/apis/apiextensions.k8s.io/v1/customresourcedefinitions",
    {
      apiVersion: "apiextensions.k8s.io/v1",
      kind: "CustomResourceDefinition",
      metadata: { name: "ps.fuzz.example" },
      spec: {
        group: "fuzz.example",
        scope: "Namespaced",
        names: { plural: "ps", kind: "P" },
        versions: [
          {
            name: "v1",
            served: true,
            storage: true,
            schema: { openAPIV3Schema: { type: "object", properties: { a: { type: "integer" } } } },
          },
        ],
      },
    },
    "ps.fuzz.example",
  ),
];
