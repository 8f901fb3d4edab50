/** RBAC: random roles, bound to random subjects; what they may, asked by reviews and by impersonated requests. */
import type { Choices } from "../random.ts";
import type { Area, Setting } from "./area.ts";

const verbs = [
  "get",
  "list",
  "watch",
  "create",
  "update",
  "delete",
  "patch",
  "*",
  "bind",
  "escalate",
  "impersonate",
  "deletecollection",
];
const groups = ["", "apps", "batch", "rbac.authorization.k8s.io", "*", "nope.example.com"];
const resources = [
  "pods",
  "pods/log",
  "deployments",
  "secrets",
  "roles",
  "*",
  "jobs/status",
  "*/status",
  "pods/*",
  "configmaps",
];
const names = ["", "x", "y"];
const users = ["alice", "bob", "nobody", "system:serviceaccount:default:default", ""];
const userGroups = ["g", "h", "system:authenticated"];
const urls = ["/healthz", "/metrics", "/api/*", "*", "/apis", "/x/y"];

function some<T>(choices: Choices, items: readonly T[], share = 0.25): T[] {
  const taken = choices.some(items, share);
  return taken.length > 0 ? taken : [choices.of(items)];
}

function rule(choices: Choices, cluster: boolean) {
  if (cluster && choices.fraction() < 0.25)
    return { verbs: some(choices, verbs), nonResourceURLs: some(choices, urls) };
  return {
    verbs: some(choices, verbs),
    apiGroups: some(choices, groups),
    resources: some(choices, resources),
    ...(choices.fraction() < 0.3 ? { resourceNames: some(choices, ["x", "y"]) } : {}),
  };
}

function subject(choices: Choices, namespace: string) {
  const dice = choices.fraction();
  const apiGroup = "rbac.authorization.k8s.io";
  if (dice < 0.6) return { kind: "User", name: choices.of(["alice", "bob"]), apiGroup };
  if (dice < 0.85) return { kind: "Group", name: choices.of(userGroups), apiGroup };
  return { kind: "ServiceAccount", name: "default", namespace };
}

const rbac = "/apis/rbac.authorization.k8s.io/v1";

const granted = 6;

async function grant(setting: Setting): Promise<void> {
  const { choices, namespace } = setting;
  const scenario = setting.scenario();
  const inside = `${rbac}/namespaces/${namespace}`;
  for (let index = 0; index < granted; index++) {
    const cluster = choices.fraction() < 0.4;
    const name = `${namespace}-${index}`;
    const root = cluster ? rbac : inside;
    const kind = cluster ? "ClusterRole" : "Role";
    const rules = [rule(choices, cluster), rule(choices, cluster)];
    const made = { metadata: { name }, rules };
    await scenario.ask(`create ${kind}`, {
      method: "POST",
      path: `${root}/${cluster ? "clusterroles" : "roles"}`,
      body: made,
    });
    const wide = cluster && choices.fraction() < 0.5;
    const body = {
      metadata: { name },
      subjects: [subject(choices, namespace), subject(choices, namespace)],
      roleRef: { kind, name, apiGroup: "rbac.authorization.k8s.io" },
    };
    const bindings = wide ? `${rbac}/clusterrolebindings` : `${inside}/rolebindings`;
    await scenario.ask("create a binding", { method: "POST", path: bindings, body });
  }
}

function attributes(choices: Choices, namespace: string) {
  const [resource = "", subresource = ""] = choices.of(resources).split("/");
  return {
    namespace: choices.of([namespace, namespace, "", "default"]),
    verb: choices.of(verbs),
    group: choices.of(groups),
    resource,
    subresource,
    name: choices.of(names),
  };
}

async function review(setting: Setting): Promise<void> {
  const { choices, namespace } = setting;
  const asked = { user: choices.of(users), groups: choices.some(userGroups, 0.3) };
  const plain = {
    path: choices.of(["/healthz", "/metrics", "/api/v1", "/apis", "/z"]),
    verb: choices.of(["get", "post", "*"]),
  };
  const what =
    choices.fraction() < 0.2
      ? { nonResourceAttributes: plain }
      : { resourceAttributes: attributes(choices, namespace) };
  const reviews = "/apis/authorization.k8s.io/v1";
  const local = choices.fraction() < 0.3;
  const path = local
    ? `${reviews}/namespaces/${namespace}/localsubjectaccessreviews`
    : `${reviews}/subjectaccessreviews`;
  const body = { spec: { ...asked, ...what } };
  await setting.scenario().ask(`may ${JSON.stringify(body.spec)}`, { method: "POST", path, body });
}

const requests = (namespace: string): readonly [string, string, unknown?][] => [
  ["GET", `/api/v1/namespaces/${namespace}/pods`],
  ["GET", `/api/v1/namespaces/${namespace}/secrets/x`],
  ["POST", `/api/v1/namespaces/${namespace}/configmaps?dryRun=All`, { metadata: { name: "x" } }],
  ["GET", "/apis/apps/v1/deployments"],
  ["GET", "/apis"],
  ["DELETE", `/api/v1/namespaces/${namespace}/configmaps?dryRun=All`],
  ["POST", "/apis/authorization.k8s.io/v1/selfsubjectrulesreviews", { spec: { namespace } }],
  [
    "POST",
    "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews",
    { spec: { resourceAttributes: { namespace, verb: "get", resource: "pods" } } },
  ],
  ["POST", "/apis/authentication.k8s.io/v1/selfsubjectreviews", {}],
  [
    "POST",
    `${rbac}/namespaces/${namespace}/roles?dryRun=All`,
    { metadata: { name: "z" }, rules: [{ verbs: ["get"], apiGroups: [""], resources: ["pods"] }] },
  ],
  [
    "POST",
    `${rbac}/namespaces/${namespace}/rolebindings?dryRun=All`,
    {
      metadata: { name: "z" },
      roleRef: { kind: "ClusterRole", name: "view", apiGroup: "rbac.authorization.k8s.io" },
    },
  ],
  ["GET", "/no/such/path"],
  ["PUT", `/api/v1/namespaces/${namespace}/configmaps/x`, { metadata: { name: "x" } }],
];

async function impersonated(setting: Setting): Promise<void> {
  const { choices, namespace } = setting;
  const user = choices.of([...users, "system:node:n", "system:anonymous"]);
  const headers: Record<string, string> = {};
  if (user !== "" || choices.fraction() < 0.5) headers["impersonate-user"] = user;
  if (choices.fraction() < 0.4) headers["impersonate-group"] = choices.of(userGroups);
  if (choices.fraction() < 0.1) headers["impersonate-uid"] = "u";
  if (choices.fraction() < 0.1) headers["impersonate-extra-scopes"] = "s";
  const [method, path, body] = choices.of(requests(namespace));
  const title = `as ${JSON.stringify(headers)} ${method} ${path}`;
  await setting.scenario().ask(title, { method, path, headers, body });
}

/** Two who may write roles and bindings, so that what they would give away is what is judged. */
async function empower({ namespace, scenario }: Setting): Promise<void> {
  const one = scenario();
  const name = `${namespace}-writers`;
  const apiGroup = "rbac.authorization.k8s.io";
  const resources = ["roles", "rolebindings", "clusterroles", "clusterrolebindings"];
  const rules = [
    { verbs: ["create", "update", "patch", "get"], apiGroups: [apiGroup], resources },
    {
      verbs: ["bind"],
      apiGroups: [apiGroup],
      resources: ["clusterroles"],
      resourceNames: ["view"],
    },
  ];
  await one.ask("create writers", {
    ...{ method: "POST", path: `${rbac}/clusterroles`, body: { metadata: { name }, rules } },
  });
  const subjects = ["alice", "bob"].map((user) => ({ kind: "User", name: user, apiGroup }));
  const body = { metadata: { name }, subjects, roleRef: { kind: "ClusterRole", name, apiGroup } };
  await one.ask("bind writers", { method: "POST", path: `${rbac}/clusterrolebindings`, body });
}

/** Roles and bindings that somebody with some rights would give away. */
async function escalate(setting: Setting): Promise<void> {
  const { choices, namespace } = setting;
  const inside = `${rbac}/namespaces/${namespace}`;
  const cluster = choices.fraction() < 0.4;
  const apiGroup = "rbac.authorization.k8s.io";
  const headers = { "impersonate-user": choices.of(["alice", "bob"]) };
  const index = choices.below(granted);
  const taken = choices.fraction() < 0.3;
  const name = taken ? `${namespace}-${index}` : "z";
  const method = taken ? "PUT" : "POST";
  const end = taken ? `/${name}` : "";
  const query = "?dryRun=All";
  if (choices.fraction() < 0.5) {
    const root = cluster ? `${rbac}/clusterroles` : `${inside}/roles`;
    const rules = [
      rule(choices, cluster),
      ...(choices.fraction() < 0.4 ? [rule(choices, cluster)] : []),
    ];
    const body = { metadata: { name }, rules };
    const path = root + end + query;
    const title = `gives ${JSON.stringify(headers)} ${method} ${path} ${JSON.stringify(rules)}`;
    await setting.scenario().ask(title, { method, path, headers, body });
    return;
  }
  const kind = cluster || choices.fraction() < 0.5 ? "ClusterRole" : "Role";
  const root = cluster ? `${rbac}/clusterrolebindings` : `${inside}/rolebindings`;
  const given = choices.of([
    `${namespace}-${choices.below(granted)}`,
    "system:basic-user",
    "cluster-admin",
    "no",
  ]);
  const body = {
    metadata: { name },
    subjects: [subject(choices, namespace)],
    roleRef: { kind, name: given, apiGroup },
  };
  const path = root + end + query;
  const title = `binds ${JSON.stringify(headers)} ${method} ${path} ${kind} ${given}`;
  await setting.scenario().ask(title, { method, path, headers, body });
}

async function ask(setting: Setting): Promise<void> {
  await grant(setting);
  await empower(setting);
  for (let asked = 0; asked < setting.budget; asked++)
    if (setting.choices.fraction() < 0.25) await escalate(setting);
    else if (setting.choices.fraction() < 0.6) await review(setting);
    else await impersonated(setting);
  await revoke(setting);
}

/** What others would be allowed by. */
async function revoke({ world, namespace }: Setting): Promise<void> {
  for (const side of [world.stock, world.ours])
    for (let index = 0; index < granted; index++)
      for (const plural of ["clusterrolebindings", "clusterroles"])
        await side.ask({ method: "DELETE", path: `${rbac}/${plural}/${namespace}-${index}` });
  for (const side of [world.stock, world.ours])
    for (const plural of ["clusterrolebindings", "clusterroles"])
      await side.ask({ method: "DELETE", path: `${rbac}/${plural}/${namespace}-writers` });
}

export const access: Area = {
  name: "access",
  weight: 2,
  // Roles of the whole cluster of one part would answer for another.
  alone: true,
  parts: ["one", "two"].map((title) => ({ title, run: ask })),
};
