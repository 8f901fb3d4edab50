/** Who may what, as a client reads it: impersonation, reviews, and rights that nobody gives away. */
import { afterAll, beforeAll, expect, test } from "bun:test";
import { openTestServer, type TestServer } from "./server.ts";

const rbac = "/apis/rbac.authorization.k8s.io/v1";
const apiGroup = "rbac.authorization.k8s.io";
const carl = { kind: "User", name: "carl", apiGroup };

let server: TestServer;
beforeAll(async () => {
  server = await openTestServer();
  const rules = [
    { verbs: ["create"], apiGroups: [apiGroup], resources: ["roles", "rolebindings"] },
    { verbs: ["get"], apiGroups: [""], resources: ["pods"] },
  ];
  const metadata = { name: "writers" };
  const roleRef = { kind: "ClusterRole", name: "writers", apiGroup };
  await server.ask({ path: `${rbac}/clusterroles`, body: { metadata, rules } });
  // The same user twice: one grant all the same.
  const body = { metadata, subjects: [carl, carl], roleRef };
  await server.ask({ path: `${rbac}/clusterrolebindings`, body });
});
afterAll(() => server.close());

const as = (headers: Record<string, string>, path: string, body: object) =>
  server.ask({ path, headers, body });

const self = "/apis/authentication.k8s.io/v1/selfsubjectreviews";

test("who is nobody stays unauthenticated beside the groups that were asked for", async () => {
  const headers = {
    "impersonate-user": "system:anonymous",
    "impersonate-group": "system:authenticated",
  };
  const { body } = await as(headers, self, {});
  expect(body.status.userInfo.groups).toEqual(["system:authenticated", "system:unauthenticated"]);
});

test("extras without a user are a mistake", async () => {
  const { code } = await as({ "impersonate-extra-scopes": "s" }, self, {});
  expect(code).toBe(400);
});

test("a binding's rules are listed once", async () => {
  const path = "/apis/authorization.k8s.io/v1/selfsubjectrulesreviews";
  const { body } = await as({ "impersonate-user": "carl" }, path, {
    spec: { namespace: "default" },
  });
  const listed: { resources?: string[] }[] = body.status.resourceRules;
  expect(listed.filter(({ resources }) => resources?.includes("pods"))).toHaveLength(1);
});

test("selectors that cannot be read are said not to count", async () => {
  const path = "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews";
  const requirements = [
    { key: "a", operator: "In", values: ["b"] },
    { key: "a", operator: "Exists" },
  ];
  const ask = async (fieldSelector: object) => {
    const resourceAttributes = { verb: "list", resource: "pods", fieldSelector };
    return (await as({}, path, { spec: { resourceAttributes } })).body.status.evaluationError;
  };
  const place = "spec.resourceAttributes.fieldSelector";
  expect(await ask({ rawSelector: "a" })).toBe(`${place} ignored due to parse error`);
  expect(await ask({ requirements })).toBe(`${place} partially ignored due to parse error`);
  expect(await ask({ rawSelector: "a=b" })).toBeUndefined();
});

test("a role that is not there is missed before the binding is looked at", async () => {
  const body = { metadata: { name: "b" }, roleRef: { kind: "Role", name: "no", apiGroup } };
  const path = `${rbac}/namespaces/default/rolebindings`;
  const answer = await as({ "impersonate-user": "carl" }, path, body);
  expect([answer.code, answer.body.details.kind]).toEqual([404, "rolebindings"]);
});

test("what is given away is told, each verb as often as it is asked for", async () => {
  const rules = [
    { verbs: ["get", "list"], apiGroups: [""], resources: ["secrets", "pods"] },
    { verbs: ["get"], apiGroups: [""], resources: ["secrets"] },
  ];
  const path = `${rbac}/namespaces/default/roles`;
  const answer = await as({ "impersonate-user": "carl" }, path, { metadata: { name: "r" }, rules });
  expect(answer.body.message.split("\n").slice(1)).toEqual([
    '{APIGroups:[""], Resources:["pods"], Verbs:["list"]}',
    '{APIGroups:[""], Resources:["secrets"], Verbs:["get" "list" "get"]}',
  ]);
});
