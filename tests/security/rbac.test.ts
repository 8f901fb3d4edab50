import { afterAll, describe, expect, test } from "bun:test";
import { authorizerChain, forbiddenRequest } from "#apiserver/authorization/authorizer.ts";
import { rbacAuthorizer } from "#apiserver/authorization/rbac.ts";
import { openRbacIndex } from "#apiserver/authorization/rbac-index.ts";
import { clusterrolebindings, clusterroles, rolebindings, roles } from "#gen/api/rbac/v1.ts";
import { asked, openCluster, put, settled, userNamed } from "./cluster.ts";

const cache = await openCluster();
const rbac = openRbacIndex(cache);
const authorizer = authorizerChain([rbacAuthorizer(rbac.index)]);
afterAll(async () => {
  rbac.close();
  await cache.close();
});

const group = "rbac.authorization.k8s.io";
const apiVersion = "rbac.authorization.k8s.io/v1";
const roleRef = (kind: "Role" | "ClusterRole", name: string) => ({ apiGroup: group, kind, name });
const allowed = async (user: Parameters<typeof asked>[0], text: string): Promise<boolean> =>
  (await authorizer.authorize(asked(user, text))).allowed;

await put(cache, roles, {
  apiVersion,
  kind: "Role",
  metadata: { name: "reader", namespace: "team" },
  rules: [
    { apiGroups: [""], resources: ["pods", "pods/log"], verbs: ["get", "list"] },
    { apiGroups: ["apps"], resources: ["*"], verbs: ["*"] },
    {
      apiGroups: [""],
      resources: ["configmaps"],
      resourceNames: ["one"],
      verbs: ["get", "update"],
    },
    { apiGroups: ["*"], resources: ["*/scale"], verbs: ["update"] },
  ],
});
await put(cache, rolebindings, {
  apiVersion,
  kind: "RoleBinding",
  metadata: { name: "readers", namespace: "team" },
  roleRef: roleRef("Role", "reader"),
  subjects: [
    { kind: "User", name: "ann", apiGroup: group },
    { kind: "Group", name: "devs", apiGroup: group },
    { kind: "ServiceAccount", name: "robot", namespace: "other" },
  ],
});
await put(cache, clusterroles, {
  apiVersion,
  kind: "ClusterRole",
  metadata: { name: "metrics" },
  rules: [{ nonResourceURLs: ["/metrics", "/debug/*"], verbs: ["get"] }],
});
await put(cache, clusterrolebindings, {
  apiVersion,
  kind: "ClusterRoleBinding",
  metadata: { name: "metrics" },
  roleRef: roleRef("ClusterRole", "metrics"),
  subjects: [{ kind: "User", name: "prom", apiGroup: group }],
});
await put(cache, rolebindings, {
  apiVersion,
  kind: "RoleBinding",
  metadata: { name: "viewers", namespace: "team" },
  roleRef: roleRef("ClusterRole", "view"),
  subjects: [{ kind: "User", name: "vic", apiGroup: group }],
});
await put(cache, rolebindings, {
  apiVersion,
  kind: "RoleBinding",
  metadata: { name: "editors", namespace: "team" },
  roleRef: roleRef("ClusterRole", "edit"),
  subjects: [{ kind: "User", name: "ed", apiGroup: group }],
});

const ann = userNamed("ann");
const table: readonly [string, ReturnType<typeof userNamed>, string, boolean][] = [
  ["a role's verb", ann, "get pods web in team", true],
  ["a verb it lacks", ann, "delete pods web in team", false],
  ["another namespace", ann, "get pods web in default", false],
  ["all namespaces", ann, "list pods", false],
  ["a subresource named", ann, "get pods:log web in team", true],
  ["a subresource not named", ann, "create pods:exec web in team", false],
  ["resource * with verb *", ann, "patch apps/deployments web in team", true],
  ["resource * covers subresources", ann, "patch apps/deployments:scale web in team", true],
  ["*/scale of any group", ann, "update batch/jobs:scale web in team", true],
  ["*/scale is not the resource", ann, "update batch/jobs web in team", false],
  ["the named object", ann, "get configmaps one in team", true],
  ["another object", ann, "get configmaps two in team", false],
  ["a list of a resource limited to names", ann, "list configmaps in team", false],
  ["by group", userNamed("bob", "devs"), "get pods web in team", true],
  ["a user called as the group", userNamed("devs"), "get pods web in team", false],
  ["a service account", userNamed("system:serviceaccount:other:robot"), "get pods x in team", true],
  ["its namesake", userNamed("system:serviceaccount:team:robot"), "get pods x in team", false],
  ["an exact path", userNamed("prom"), "get /metrics", true],
  ["below a path with *", userNamed("prom"), "get /debug/pprof", true],
  ["below an exact path", userNamed("prom"), "get /metrics/slis", false],
  ["another path's verb", userNamed("prom"), "post /metrics", false],
  ["discovery for everyone", userNamed("x"), "get /apis/apps/v1", true],
  ["aggregated: view", userNamed("vic"), "list apps/deployments in team", true],
  ["aggregated: view reads no secrets", userNamed("vic"), "get secrets s in team", false],
  ["aggregated: view writes nothing", userNamed("vic"), "create pods in team", false],
  ["aggregated twice: edit reads as view", userNamed("ed"), "list apps/deployments in team", true],
  ["aggregated: edit writes", userNamed("ed"), "create pods in team", true],
  ["masters need no rule", userNamed("root", "system:masters"), "delete nodes n", true],
  ["scheduler binds", userNamed("system:kube-scheduler"), "create pods:binding p in team", true],
  [
    "a controller's account",
    userNamed("system:serviceaccount:kube-system:deployment-controller"),
    "create apps/replicasets in team",
    true,
  ],
];

describe("RBAC", () => {
  for (const [title, user, question, expected] of table) {
    test(`${title}: ${question}`, async () => {
      expect(await allowed(user, question)).toBe(expected);
    });
  }

  test("says which binding allowed", async () => {
    const { reason } = await authorizer.authorize(asked(ann, "get pods web in team"));
    expect(reason).toBe(
      'RBAC: allowed by RoleBinding "readers/team" of Role "reader" to User "ann"',
    );
  });

  test("refuses in upstream's words", () => {
    const question = asked(userNamed("x"), "list pods in default");
    expect(forbiddenRequest(question, "").status).toMatchObject({
      code: 403,
      reason: "Forbidden",
      message:
        'pods is forbidden: User "x" cannot list resource "pods" in API group "" in the namespace "default"',
      details: { kind: "pods" },
    });
    const cluster = asked(userNamed("x"), "get apps/deployments:status web");
    expect(forbiddenRequest(cluster, "").message).toBe(
      'deployments.apps "web" is forbidden: User "x" cannot get resource "deployments/status" in API group "apps" at the cluster scope',
    );
    expect(forbiddenRequest(asked(userNamed("x"), "get /metrics"), "").message).toBe(
      'forbidden: User "x" cannot get path "/metrics"',
    );
  });

  test("a change decides the next question; a missing role is named", async () => {
    const user = userNamed("late");
    expect(await allowed(user, "get pods web in default")).toBe(false);
    await put(cache, clusterrolebindings, {
      apiVersion,
      kind: "ClusterRoleBinding",
      metadata: { name: "late" },
      roleRef: roleRef("ClusterRole", "late"),
      subjects: [{ kind: "User", name: "late", apiGroup: group }],
    });
    const decision = await authorizer.authorize(asked(user, "get pods web in default"));
    expect(decision.reason).toBe(
      'rbac: RBAC: clusterrole.rbac.authorization.k8s.io "late" not found',
    );
    const role = {
      apiVersion,
      kind: "ClusterRole",
      metadata: { name: "late" },
      rules: [{ apiGroups: [""], resources: ["pods"], verbs: ["get"] }],
    } as const;
    await put(cache, clusterroles, structuredClone(role) as never);
    expect(await allowed(user, "get pods web in default")).toBe(true);
    const key = { group, resource: "clusterrolebindings", namespace: "", name: "late" };
    const stored = cache.get(key);
    if (stored === undefined) throw new Error("the binding is gone");
    await cache.write({ op: "delete", key, expected: stored.revision, object: stored.object });
    await settled();
    expect(await allowed(user, "get pods web in default")).toBe(false);
  });
});
