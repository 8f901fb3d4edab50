/** Nobody gives rights that they do not hold. */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { clusterrolebindings, clusterroles } from "#gen/api/rbac/v1.ts";
import { put } from "./cluster.ts";
import { openTestServer, type TestServer } from "./server.ts";

let server: TestServer;
const group = "rbac.authorization.k8s.io";
const apiVersion = `${group}/v1`;
const rbac = `/apis/${apiVersion}`;
const rule = (verbs: string[], resources: string[], resourceNames?: string[]) => ({
  apiGroups: [""],
  resources,
  verbs,
  ...(resourceNames === undefined ? {} : { resourceNames }),
});

async function grant(name: string, rules: ReturnType<typeof rule>[]): Promise<void> {
  const { cache } = server;
  const role = { apiVersion, kind: "ClusterRole", metadata: { name }, rules } as const;
  await put(cache, clusterroles, role as never);
  await put(cache, clusterrolebindings, {
    apiVersion,
    kind: "ClusterRoleBinding",
    metadata: { name },
    roleRef: { apiGroup: group, kind: "ClusterRole", name },
    subjects: [{ kind: "User", name, apiGroup: group }],
  } as never);
}

const rbacVerbs = { ...rule(["create", "update", "patch", "get"], ["*"]), apiGroups: [group] };
beforeAll(async () => {
  server = await openTestServer();
  await grant("manager", [rbacVerbs, rule(["get", "list"], ["pods"])]);
  await grant("escalator", [
    rbacVerbs,
    { ...rule(["escalate"], ["roles", "clusterroles"]), apiGroups: [group] },
  ]);
  await grant("binder", [
    rbacVerbs,
    { ...rule(["bind"], ["clusterroles"], ["view"]), apiGroups: [group] },
  ]);
});
afterAll(() => server.close());

let names = 0;
const roleOf = (rules: object[], more: object = {}) => ({
  apiVersion,
  kind: "ClusterRole",
  metadata: { name: `made-${++names}` },
  rules,
  ...more,
});
const bindingTo = (name: string) => ({
  apiVersion,
  kind: "ClusterRoleBinding",
  metadata: { name: `made-${++names}` },
  roleRef: { apiGroup: group, kind: "ClusterRole", name },
  subjects: [{ kind: "User", name: "eve", apiGroup: group }],
});
const create = (who: string, resource: string, body: object) =>
  server.ask({ path: `${rbac}/${resource}`, body, as: [who, "devs"] });

describe("roles", () => {
  const table: readonly [string, string, object[], number][] = [
    ["what the writer holds", "manager", [rule(["get"], ["pods"])], 201],
    ["narrower: one object", "manager", [rule(["list"], ["pods"], ["web"])], 201],
    ["a verb beyond", "manager", [rule(["get", "delete"], ["pods"])], 403],
    ["a resource beyond", "manager", [rule(["get"], ["secrets"])], 403],
    ["a subresource is another resource", "manager", [rule(["get"], ["pods/log"])], 403],
    ["every verb", "manager", [rule(["*"], ["pods"])], 403],
    ["a path beyond", "manager", [{ nonResourceURLs: ["/metrics"], verbs: ["get"] }], 403],
    [
      "a path that everybody holds",
      "manager",
      [{ nonResourceURLs: ["/version"], verbs: ["get"] }],
      201,
    ],
    ["anything, with the right to escalate", "escalator", [rule(["*"], ["*"])], 201],
  ];
  for (const [title, who, rules, code] of table) {
    test(`${title}: ${code}`, async () => {
      expect((await create(who, "clusterroles", roleOf(rules))).code).toBe(code);
    });
  }

  test("the refusal names what is missing, compacted", async () => {
    const body = roleOf([rule(["get", "delete", "create"], ["pods"]), rule(["get"], ["secrets"])]);
    const answer = await create("manager", "clusterroles", body);
    expect(answer.body.message).toBe(
      `clusterroles.rbac.authorization.k8s.io "${body.metadata.name}" is forbidden: ` +
        'user "manager" (groups=["devs" "system:authenticated"]) is attempting to grant RBAC permissions not currently held:\n' +
        '{APIGroups:[""], Resources:["pods"], Verbs:["delete" "create"]}\n' +
        '{APIGroups:[""], Resources:["secrets"], Verbs:["get"]}',
    );
  });

  test("an aggregated role takes all rights", async () => {
    const aggregationRule = { clusterRoleSelectors: [{ matchLabels: { a: "b" } }] };
    const body = roleOf([], { aggregationRule });
    expect((await create("manager", "clusterroles", body)).code).toBe(403);
  });

  test("an update may keep what it found, not add", async () => {
    const path = `${rbac}/clusterroles/admin`;
    const headers = { "content-type": "application/merge-patch+json" };
    const patch = (body: object) =>
      server.ask({ method: "PATCH", path, body, headers, as: ["manager", "devs"] });
    expect((await patch({ metadata: { annotations: { seen: "yes" } } })).code).toBe(200);
    const more = await patch({ rules: [rule(["*"], ["*"])] });
    expect(more.code).toBe(403);
  });
});

describe("bindings", () => {
  const table: readonly [string, string, string, number][] = [
    ["to a role that the writer holds", "manager", "manager", 201],
    ["to cluster-admin", "manager", "cluster-admin", 403],
    ["with the right to bind that role", "binder", "view", 201],
    ["with the right to bind another role", "binder", "edit", 403],
    ["to a role that is not there", "manager", "nothing", 404],
  ];
  for (const [title, who, role, code] of table) {
    test(`${title}: ${code}`, async () => {
      expect((await create(who, "clusterrolebindings", bindingTo(role))).code).toBe(code);
    });
  }
});
