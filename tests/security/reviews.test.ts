/** Reviews and token requests, asked of the whole server. */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { nodes, pods, serviceaccounts } from "#gen/api/core/v1.ts";
import { put } from "./cluster.ts";
import { openTestServer, type TestServer } from "./server.ts";

let server: TestServer;
const authentication = "/apis/authentication.k8s.io/v1";
const authorization = "/apis/authorization.k8s.io/v1";
beforeAll(async () => {
  server = await openTestServer();
  await put(server.cache, serviceaccounts, {
    apiVersion: "v1",
    kind: "ServiceAccount",
    metadata: { name: "robot", namespace: "default", uid: "robot-uid" },
  });
  await put(server.cache, nodes, {
    apiVersion: "v1",
    kind: "Node",
    metadata: { name: "n1", uid: "n1-uid" },
  } as never);
  await put(server.cache, pods, {
    apiVersion: "v1",
    kind: "Pod",
    metadata: { name: "web", namespace: "default", uid: "web-uid" },
    spec: { serviceAccountName: "robot", nodeName: "n1", containers: [{ name: "a", image: "a" }] },
    status: {},
  });
});
afterAll(() => server.close());

const tokenPath = "/api/v1/namespaces/default/serviceaccounts/robot/token";
const requestToken = (spec: object) =>
  server.ask({
    path: tokenPath,
    body: { apiVersion: "authentication.k8s.io/v1", kind: "TokenRequest", spec },
  });
const bound = { apiVersion: "v1", kind: "Pod", name: "web" };

describe("serviceaccounts/token", () => {
  test("a token speaks for the account, names its pod, and reviews as such", async () => {
    const { code, body } = await requestToken({ boundObjectRef: bound, expirationSeconds: 601 });
    expect(code).toBe(201);
    expect(body.metadata).toMatchObject({ name: "robot", namespace: "default" });
    const spec = { token: body.status.token };
    const review = await server.ask({
      path: `${authentication}/tokenreviews`,
      body: { apiVersion: "authentication.k8s.io/v1", kind: "TokenReview", spec },
    });
    expect(review.body.status).toMatchObject({
      authenticated: true,
      audiences: ["https://kubernetes.default.svc.cluster.local"],
      user: {
        username: "system:serviceaccount:default:robot",
        uid: "robot-uid",
        groups: [
          "system:serviceaccounts",
          "system:serviceaccounts:default",
          "system:authenticated",
        ],
        extra: {
          "authentication.kubernetes.io/pod-name": ["web"],
          "authentication.kubernetes.io/node-name": ["n1"],
          "authentication.kubernetes.io/node-uid": ["n1-uid"],
        },
      },
    });
    const who = await server.ask({
      path: `${authentication}/selfsubjectreviews`,
      body: { apiVersion: "authentication.k8s.io/v1", kind: "SelfSubjectReview" },
      headers: { authorization: `Bearer ${body.status.token}` },
      as: [""] as never,
    });
    expect(who.body.status.userInfo.username).toBe("system:serviceaccount:default:robot");
  });

  test("a token for others is good for them only", async () => {
    const { body } = await requestToken({ audiences: ["vault"] });
    const review = async (audiences?: string[]) => {
      const spec = { token: body.status.token, ...(audiences ? { audiences } : {}) };
      const path = `${authentication}/tokenreviews`;
      const asked = { apiVersion: "authentication.k8s.io/v1", kind: "TokenReview", spec };
      return (await server.ask({ path, body: asked })).body.status;
    };
    expect(await review(["vault", "x"])).toMatchObject({
      authenticated: true,
      audiences: ["vault"],
    });
    expect((await review()).authenticated).not.toBe(true);
    const headers = { authorization: `Bearer ${body.status.token}` };
    expect((await server.ask({ path: "/version", headers, as: [""] as never })).code).toBe(401);
  });

  const bad: readonly [string, object, number][] = [
    ["too short", { expirationSeconds: 599 }, 422],
    ["too long", { expirationSeconds: 2 ** 33 }, 422],
    ["of a pod that is not there", { boundObjectRef: { ...bound, name: "none" } }, 404],
    ["of another pod's uid", { boundObjectRef: { ...bound, uid: "old" } }, 409],
    [
      "of a deployment",
      { boundObjectRef: { apiVersion: "apps/v1", kind: "Deployment", name: "x" } },
      400,
    ],
  ];
  for (const [title, spec, code] of bad) {
    test(`${title}: ${code}`, async () => {
      expect((await requestToken(spec)).code).toBe(code);
    });
  }

  test("of an account that is not there is 404", async () => {
    const path = tokenPath.replace("robot", "none");
    const body = { apiVersion: "authentication.k8s.io/v1", kind: "TokenRequest", spec: {} };
    expect((await server.ask({ path, body })).code).toBe(404);
  });
});

describe("access reviews", () => {
  const review = (kind: string, spec: object, path?: string) =>
    server.ask({
      path: path ?? `${authorization}/${kind.toLowerCase()}s`,
      body: { apiVersion: "authorization.k8s.io/v1", kind, spec },
    });
  const resourceAttributes = { verb: "list", resource: "nodes" };

  test("answer for whom they name, with the reason", async () => {
    const spec = { user: "system:kube-scheduler", resourceAttributes };
    expect((await review("SubjectAccessReview", spec)).body.status).toEqual({
      allowed: true,
      reason:
        'RBAC: allowed by ClusterRoleBinding "system:kube-scheduler" of ClusterRole "system:kube-scheduler" to User "system:kube-scheduler"',
    });
    const nobody = { user: "eve", groups: ["system:authenticated"], resourceAttributes };
    expect((await review("SubjectAccessReview", nobody)).body.status).toEqual({ allowed: false });
    const path = { nonResourceAttributes: { path: "/version", verb: "get" } };
    const everybody = { user: "eve", groups: ["system:authenticated"], ...path };
    expect((await review("SubjectAccessReview", everybody)).body.status.allowed).toBe(true);
  });

  test("must name somebody and something", async () => {
    expect((await review("SubjectAccessReview", { user: "eve" })).code).toBe(422);
    expect((await review("SubjectAccessReview", { resourceAttributes })).code).toBe(422);
    expect((await review("SelfSubjectAccessReview", {})).code).toBe(422);
  });

  test("local ones stay in their namespace", async () => {
    const path = `${authorization}/namespaces/default/localsubjectaccessreviews`;
    const asking = (namespace: string) => ({
      user: "eve",
      resourceAttributes: { ...resourceAttributes, namespace },
    });
    expect((await review("LocalSubjectAccessReview", asking("default"), path)).code).toBe(201);
    expect((await review("LocalSubjectAccessReview", asking("other"), path)).code).toBe(422);
  });

  test("rules of one's own", async () => {
    const body = {
      apiVersion: "authorization.k8s.io/v1",
      kind: "SelfSubjectRulesReview",
      spec: { namespace: "default" },
    };
    const path = `${authorization}/selfsubjectrulesreviews`;
    const answer = await server.ask({ path, body, as: ["eve"] });
    expect(answer.body.status.incomplete).toBe(false);
    expect(answer.body.status.resourceRules).toContainEqual({
      verbs: ["create"],
      apiGroups: ["authorization.k8s.io"],
      resources: ["selfsubjectaccessreviews", "selfsubjectrulesreviews"],
    });
    expect((await server.ask({ path, body: { ...body, spec: {} } })).code).toBe(400);
  });
});
