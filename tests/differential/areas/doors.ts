/** Paths, methods, media types, bodies and options, good and bad. */
import { bases } from "../bases.ts";
import type { Choices } from "../random.ts";
import type { Area, Setting } from "./area.ts";

const methods = ["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"];
const types = [
  ...[
    "application/json",
    "application/yaml",
    "application/vnd.kubernetes.protobuf",
    "text/plain",
    "",
  ],
  ...[
    "application/json; charset=utf-8",
    "application/merge-patch+json",
    "application/json-patch+json",
  ],
  ...["application/strategic-merge-patch+json", "application/apply-patch+yaml", "application/cbor"],
  ...["application/apply-patch+cbor", "application/x-www-form-urlencoded", "nonsense"],
];
const accepts = [
  ...["application/json", "application/yaml", "application/vnd.kubernetes.protobuf", "text/html"],
  ...["*/*", "application/*", "nonsense", "application/json;as=Table;v=v1;g=meta.k8s.io"],
  ...["application/json;as=PartialObjectMetadata;v=v1;g=meta.k8s.io", "application/cbor"],
];

const bodies: readonly unknown[] = [
  "",
  "{",
  "[]",
  "null",
  '"x"',
  "7",
  "{}",
  '{"kind":"Pod","apiVersion":"v1"}',
  '{"kind":"ConfigMap","apiVersion":"v2"}',
  '{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"a"},"data":{"a":"b","a":"c"}}',
  '{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"a","name":"b"}}',
  '{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"a"},"Data":{"a":"b"}}',
  '{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"a"},"nope":1,"metadata":{"name":"c"}}',
  "kind: ConfigMap\napiVersion: v1\nmetadata:\n  name: a\n",
  "kind: ConfigMap\napiVersion: v1\nmetadata:\n  name: a\n  name: b\n",
  "a: &a [*a]",
  "\tx",
  '[{"op":"add","path":"/data","value":{"a":"b"}}]',
  '[{"op":"remove","path":"/nope"}]',
  '[{"op":"test","path":"/metadata/name","value":"no"}]',
  '[{"op":"copy","from":"/metadata/name","path":"/data/x"}]',
  '[{"op":"move","from":"/nope","path":"/data/x"}]',
  '[{"op":"x","path":"/a"}]',
  '[{"path":"/a"}]',
  '[{"op":"replace","path":"","value":{}}]',
  '{"data":{"a":null,"b":"c"}}',
  '{"data":{"$patch":"replace","b":"c"}}',
  '{"$patch":"delete"}',
  '{"metadata":{"labels":{"$retainKeys":["a"],"a":"b"}}}',
  '{"metadata":{"finalizers":["a/b"],"$deleteFromPrimitiveList/finalizers":["x/y"]}}',
  '{"metadata":{"name":"other"}}',
  '{"kind":"Secret"}',
  `{"metadata":{"name":"a"},"x":${"[".repeat(12_000)}${"]".repeat(12_000)}}`,
];

const options = [
  ...["dryRun=All", "dryRun=", "dryRun=x", "dryRun=All&dryRun=All", "fieldValidation=Strict"],
  ...[
    "fieldValidation=Warn",
    "fieldValidation=x",
    "fieldManager=m",
    `fieldManager=${"m".repeat(129)}`,
  ],
  ...[
    "fieldManager=a%01b",
    "force=true",
    "force=x",
    "pretty=true",
    "unknown=1",
    "timeout=1s",
    "timeout=x",
  ],
];

const paths = (namespace: string): readonly string[] => [
  `/api/v1/namespaces/${namespace}/configmaps`,
  `/api/v1/namespaces/${namespace}/configmaps/a`,
  `/api/v1/namespaces/${namespace}/configmaps/absent`,
  `/api/v1/namespaces/${namespace}/configmaps/a/status`,
  `/api/v1/namespaces/${namespace}/configmaps/a/b/c`,
  "/api/v1/namespaces/absent/configmaps",
  `/api/v1/namespaces/${namespace}`,
  `/api/v1/namespaces/${namespace}/status`,
  `/api/v1/namespaces/${namespace}/finalize`,
  "/api/v1/configmaps",
  "/api/v1/configmaps/a",
  "/api/v1/nodes/absent",
  "/api/v1/nodes/absent/status",
  `/api/v1/namespaces/${namespace}/nodes`,
  "/api/v2/pods",
  "/apis/apps/v1/deployments",
  `/apis/apps/v1/namespaces/${namespace}/deployments/absent/scale`,
  "/apis/apps/v1beta1/deployments",
  "/apis/nope.example.com/v1/foos",
  "/apis/apps",
  "/apis/apps/v1",
  "/apis/apps/v9",
  "/api",
  "/apis",
  "/api/v1",
  "/version",
  "/nope",
  "/api/v1/componentstatuses",
  `/api/v1/namespaces/${namespace}/pods/absent/log`,
  `/api/v1/namespaces/${namespace}/pods/absent/binding`,
  `/api/v1/namespaces/${namespace}/pods/absent/eviction`,
  `/api/v1/namespaces/${namespace}/serviceaccounts/default/token`,
  `/api/v1/namespaces/${namespace}/bindings`,
  `/api/v1/watch/namespaces/${namespace}/configmaps/absent`,
];

function oddity(choices: Choices, namespace: string) {
  const method = choices.of(methods);
  const base = choices.of(bases);
  const path = choices.fraction() < 0.8 ? choices.of(paths(namespace)) : base.path(namespace);
  const query = choices.some(options, 0.1).join("&");
  const contentType = choices.of(types);
  const accept = choices.fraction() < 0.7 ? "application/json" : choices.of(accepts);
  const bodied = method !== "GET" && method !== "HEAD" && method !== "OPTIONS";
  const body = bodied ? choices.of(bodies) : undefined;
  return {
    method,
    path: query === "" ? path : `${path}?${query}`,
    accept,
    ...(bodied && contentType !== "" ? { contentType } : {}),
    ...(body === undefined ? {} : { body }),
  };
}

async function knock(setting: Setting): Promise<void> {
  const { choices, namespace } = setting;
  const maps = `/api/v1/namespaces/${namespace}/configmaps`;
  for (let asked = 0; asked < setting.budget; asked++) {
    const scenario = setting.scenario();
    const question = oddity(choices, namespace);
    const { method, path, contentType = "", accept, body } = question;
    // A namespace that goes never comes back, and a watch never ends.
    if (path.includes("/watch/") || (method === "DELETE" && path.endsWith(namespace))) continue;
    await scenario.ask("ConfigMap as before", {
      method: "PUT",
      path: `${maps}/a`,
      body: { metadata: { name: "a" }, data: { a: "b" } },
    });
    await scenario.ask("create ConfigMap a", {
      method: "POST",
      path: maps,
      body: { metadata: { name: "a" }, data: { a: "b" } },
    });
    const shown = `${method} ${path} ${contentType} as ${accept} ${JSON.stringify(body ?? "").slice(0, 120)}`;
    await scenario.ask(shown, question);
  }
}

export const doors: Area = {
  name: "doors",
  weight: 2,
  parts: ["one", "two"].map((title) => ({ title, run: knock })),
};
