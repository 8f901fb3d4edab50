import { afterAll, describe, expect, test } from "bun:test";
import { generateKeyPairSync } from "node:crypto";
import fc from "fast-check";
import { ApiError } from "#apimachinery/status.ts";
import type { Connection, UserInfo } from "#apiserver/attributes.ts";
import { createAuthenticator } from "#apiserver/authentication/authenticator.ts";
import { bootstrapTokens } from "#apiserver/authentication/bootstrap-token.ts";
import { Impersonation } from "#apiserver/authentication/impersonation.ts";
import type { ServiceAccountClaims } from "#apiserver/authentication/service-account-claims.ts";
import { serviceAccountTokens } from "#apiserver/authentication/service-account-token.ts";
import { staticTokens } from "#apiserver/authentication/static-token.ts";
import { tokenUnion } from "#apiserver/authentication/token-authenticator.ts";
import { openTokenIssuer } from "#apiserver/authentication/token-issuer.ts";
import { authorizerChain } from "#apiserver/authorization/authorizer.ts";
import { rbacAuthorizer } from "#apiserver/authorization/rbac.ts";
import { openRbacIndex } from "#apiserver/authorization/rbac-index.ts";
import { requestInfo } from "#apiserver/request-info.ts";
import { pods, secrets, serviceaccounts } from "#gen/api/core/v1.ts";
import { clusterrolebindings, clusterroles, type PolicyRule } from "#gen/api/rbac/v1.ts";
import { openCluster, put, settled } from "./cluster.ts";

const cache = await openCluster();
const rbac = openRbacIndex(cache);
afterAll(async () => {
  rbac.close();
  await cache.close();
});

function keys(type: "ec" | "rsa"): { privateKey: string; publicKey: string } {
  const encoding = {
    publicKeyEncoding: { type: "spki", format: "pem" },
    privateKeyEncoding: { type: "pkcs8", format: "pem" },
  } as const;
  return type === "ec"
    ? generateKeyPairSync("ec", { namedCurve: "P-256", ...encoding })
    : generateKeyPairSync("rsa", { modulusLength: 2048, ...encoding });
}

const ec = keys("ec");
const rsa = keys("rsa");
const audience = "https://kubernetes.default.svc.cluster.local";
const issuer = await openTokenIssuer({
  issuer: audience,
  privateKey: ec.privateKey,
  publicKeys: [rsa.publicKey],
});
let now = new Date("2026-01-01T00:00:00Z");
const start = now.getTime() / 1000;
const authorizer = authorizerChain([rbacAuthorizer(rbac.index)]);
const chain = createAuthenticator({
  tokens: tokenUnion([
    staticTokens([{ token: "s3cret", user: { name: "op", uid: "", groups: ["ops"], extra: {} } }]),
    serviceAccountTokens({ issuer, reads: cache, now: () => now }),
    bootstrapTokens({ reads: cache, now: () => now }),
  ]),
  audiences: [audience],
});
const impersonation = new Impersonation(authorizer);
const authenticator = {
  async authenticate(request: Request, connection: Connection): Promise<UserInfo> {
    const user = await chain.authenticate(request, connection);
    const { pathname } = new URL(request.url);
    return impersonation.actingUser(request.headers, {
      ...requestInfo(request.method, pathname, undefined),
      user,
    });
  },
};

const nobody: Connection = { remoteAddress: "127.0.0.1" };
const base = "https://127.0.0.1:6443";
function who(
  headers: Record<string, string>,
  { path = "/api/v1/pods", connection = nobody } = {},
): Promise<UserInfo> {
  return authenticator.authenticate(new Request(`${base}${path}`, { headers }), connection);
}
const bearer = (token: string) => ({ authorization: `Bearer ${token}` });
async function codeOf(promise: Promise<unknown>): Promise<number> {
  try {
    await promise;
    return 200;
  } catch (error) {
    if (error instanceof ApiError) return error.status.code;
    throw error;
  }
}

const robot = await put(cache, serviceaccounts, {
  apiVersion: "v1",
  kind: "ServiceAccount",
  metadata: { name: "robot", namespace: "team", uid: "sa-1" },
});
const pod = await put(cache, pods, {
  apiVersion: "v1",
  kind: "Pod",
  metadata: { name: "web", namespace: "team", uid: "pod-1" },
  spec: { containers: [{ name: "a", image: "a" }], serviceAccountName: "robot" },
  status: {},
});
function claims(more: Partial<ServiceAccountClaims> = {}): ServiceAccountClaims {
  return {
    audiences: [audience],
    issuedAt: start,
    notBefore: start,
    expires: start + 3600,
    id: "jti-1",
    namespace: "team",
    serviceAccount: { name: robot.metadata.name, uid: "sa-1" },
    ...more,
  };
}

describe("connections", () => {
  test("a client certificate is its common name and organizations", async () => {
    const clientCertificate = { commonName: "ann", organizations: ["devs"] };
    expect(await who({}, { connection: { ...nobody, clientCertificate } })).toEqual({
      name: "ann",
      uid: "",
      groups: ["devs", "system:authenticated"],
      extra: {},
    });
  });

  test("nobody is anonymous for health and version only", async () => {
    for (const path of ["/livez", "/readyz?verbose", "/healthz/etcd", "/version"]) {
      expect((await who({}, { path })).name).toBe("system:anonymous");
    }
    for (const path of ["/", "/api", "/versions", "/livezz", "/api/v1/pods", "/metrics"]) {
      expect(await codeOf(who({}, { path }))).toBe(401);
    }
  });

  test("a bad token is 401 even where anonymous is allowed", async () => {
    expect(await codeOf(who(bearer("nonsense"), { path: "/livez" }))).toBe(401);
  });

  test("a static token, and one in a WebSocket subprotocol", async () => {
    expect((await who(bearer("s3cret"))).groups).toEqual(["ops", "system:authenticated"]);
    const encoded = Buffer.from("s3cret").toString("base64url");
    const protocol = `v5.channel.k8s.io, base64url.bearer.authorization.k8s.io.${encoded}`;
    expect((await who({ "sec-websocket-protocol": protocol })).name).toBe("op");
  });
});

describe("service-account tokens", () => {
  test("name the account, its groups and its pod", async () => {
    const token = await issuer.issue(claims({ pod: { name: "web", uid: "pod-1" } }));
    expect(await who(bearer(token))).toEqual({
      name: "system:serviceaccount:team:robot",
      uid: "sa-1",
      groups: ["system:serviceaccounts", "system:serviceaccounts:team", "system:authenticated"],
      extra: {
        "authentication.kubernetes.io/credential-id": ["JTI=jti-1"],
        "authentication.kubernetes.io/pod-name": ["web"],
        "authentication.kubernetes.io/pod-uid": ["pod-1"],
      },
    });
  });

  test("of an RSA key among the public keys are good; of a stranger's are not", async () => {
    const other = await openTokenIssuer({ issuer: audience, privateKey: rsa.privateKey });
    const stranger = await openTokenIssuer({ issuer: audience, privateKey: keys("ec").privateKey });
    expect(await codeOf(who(bearer(await other.issue(claims()))))).toBe(200);
    expect(await codeOf(who(bearer(await stranger.issue(claims()))))).toBe(401);
  });

  test("of another issuer, audience, time, account or pod are refused", async () => {
    const other = await openTokenIssuer({ issuer: "https://other", privateKey: ec.privateKey });
    const bad = [
      await other.issue(claims()),
      await issuer.issue(claims({ audiences: ["vault"] })),
      await issuer.issue(claims({ expires: start - 1 })),
      await issuer.issue(claims({ expires: start })),
      await issuer.issue(claims({ notBefore: start + 120 })),
      await issuer.issue(claims({ serviceAccount: { name: "robot", uid: "sa-2" } })),
      await issuer.issue(claims({ serviceAccount: { name: "none", uid: "sa-1" } })),
      await issuer.issue(claims({ namespace: "default" })),
      await issuer.issue(claims({ pod: { name: "web", uid: "pod-2" } })),
      await issuer.issue(claims({ node: { name: "n1", uid: "n" } })),
    ];
    for (const token of bad) expect(await codeOf(who(bearer(token)))).toBe(401);
    expect(await codeOf(who(bearer(await issuer.issue(claims()))))).toBe(200);
  });

  test("with one changed byte anywhere are refused", async () => {
    const token = await issuer.issue(claims());
    expect(await codeOf(who(bearer(token)))).toBe(200);
    for (let at = 0; at < token.length - 1; at += 7) {
      if (token[at] === ".") continue;
      const changed = token[at] === "A" ? "B" : "A";
      const forged = token.slice(0, at) + changed + token.slice(at + 1);
      expect(await codeOf(who(bearer(forged)))).toBe(401);
    }
  });

  test("with alg none or HMAC of the public key are refused", async () => {
    const part = (value: object) => Buffer.from(JSON.stringify(value)).toString("base64url");
    const [, payload = ""] = (await issuer.issue(claims())).split(".");
    expect(await codeOf(who(bearer(`${part({ alg: "none" })}.${payload}.`)))).toBe(401);
    const { createHmac } = await import("node:crypto");
    const signed = `${part({ alg: "HS256" })}.${payload}`;
    const mac = createHmac("sha256", ec.publicKey).update(signed).digest("base64url");
    expect(await codeOf(who(bearer(`${signed}.${mac}`)))).toBe(401);
  });

  test("a remembered token ends with its time and with its pod", async () => {
    const token = await issuer.issue(claims({ id: "x", pod: { name: "web", uid: "pod-1" } }));
    expect(await codeOf(who(bearer(token)))).toBe(200);
    const before = now;
    now = new Date((start + 3600) * 1000);
    expect(await codeOf(who(bearer(token)))).toBe(401);
    now = before;
    expect(await codeOf(who(bearer(token)))).toBe(200);
    const key = { group: "", resource: "pods", namespace: "team", name: pod.metadata.name };
    const stored = cache.get(key);
    if (stored === undefined) throw new Error("the pod is gone");
    await cache.write({ op: "delete", key, expected: stored.revision, object: stored.object });
    expect(await codeOf(who(bearer(token)))).toBe(401);
  });
});

describe("bootstrap tokens", () => {
  const data = (fields: Record<string, string>) =>
    Object.fromEntries(
      Object.entries(fields).map(([key, value]) => [key, Buffer.from(value).toString("base64")]),
    );
  const good = {
    "token-id": "abcdef",
    "token-secret": "0123456789abcdef",
    "usage-bootstrap-authentication": "true",
    "auth-extra-groups": "system:bootstrappers:kubun:default-node-token",
    expiration: "2026-01-02T00:00:00Z",
  };
  const keep = (fields: Record<string, string>, type = "bootstrap.kubernetes.io/token") =>
    put(cache, secrets, {
      apiVersion: "v1",
      kind: "Secret",
      metadata: { name: "bootstrap-token-abcdef", namespace: "kube-system" },
      type,
      data: data(fields),
    });
  const token = "abcdef.0123456789abcdef";

  test("are system:bootstrap:<id> in their groups", async () => {
    await keep(good);
    expect(await who(bearer(token))).toEqual({
      name: "system:bootstrap:abcdef",
      uid: "",
      groups: [
        "system:bootstrappers",
        "system:bootstrappers:kubun:default-node-token",
        "system:authenticated",
      ],
      extra: {},
    });
  });

  test("expired, of another secret, not for authentication or with foreign groups are refused", async () => {
    const bad: [Record<string, string>, string?][] = [
      [{ ...good, expiration: "2025-12-31T23:59:59Z" }],
      [{ ...good, expiration: "tomorrow" }],
      [{ ...good, "token-secret": "0123456789abcdee" }],
      [{ ...good, "token-secret": "" }],
      [{ ...good, "token-id": "abcdee" }],
      [{ ...good, "usage-bootstrap-authentication": "false" }],
      [{ ...good, "auth-extra-groups": "system:masters" }],
      [good, "Opaque"],
    ];
    for (const [fields, type] of bad) {
      await keep(fields, type);
      expect(await codeOf(who(bearer(token)))).toBe(401);
    }
    await keep(good);
    expect(await codeOf(who(bearer(token)))).toBe(200);
  });
});

describe("impersonation", () => {
  const as = (headers: Record<string, string>, groups: string[]) =>
    who(headers, {
      connection: { ...nobody, clientCertificate: { commonName: "ann", organizations: groups } },
    });

  test("by masters, of users, groups, uids, extras and service accounts", async () => {
    const headers = {
      "impersonate-user": "bob",
      "impersonate-group": "a, b",
      "impersonate-uid": "7",
      "impersonate-extra-acme.com%2Fproject": "x",
    };
    expect(await as(headers, ["system:masters"])).toEqual({
      name: "bob",
      uid: "7",
      groups: ["a", "b", "system:authenticated"],
      extra: { "acme.com/project": ["x"] },
    });
    const account = { "impersonate-user": "system:serviceaccount:team:robot" };
    expect((await as(account, ["system:masters"])).groups).toEqual([
      "system:serviceaccounts",
      "system:serviceaccounts:team",
      "system:authenticated",
    ]);
  });

  test("needs the right to each part", async () => {
    await put(cache, clusterroles, {
      apiVersion: "rbac.authorization.k8s.io/v1",
      kind: "ClusterRole",
      metadata: { name: "actor" },
      rules: [
        { apiGroups: [""], resources: ["users"], resourceNames: ["bob"], verbs: ["impersonate"] },
      ],
    });
    await put(cache, clusterrolebindings, {
      apiVersion: "rbac.authorization.k8s.io/v1",
      kind: "ClusterRoleBinding",
      metadata: { name: "actors" },
      roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "ClusterRole", name: "actor" },
      subjects: [{ kind: "Group", name: "actors", apiGroup: "rbac.authorization.k8s.io" }],
    });
    await settled();
    expect((await as({ "impersonate-user": "bob" }, ["actors"])).name).toBe("bob");
    const refused = [
      { "impersonate-user": "eve" },
      { "impersonate-user": "bob", "impersonate-group": "system:masters" },
      { "impersonate-user": "bob", "impersonate-uid": "1" },
      { "impersonate-user": "bob", "impersonate-extra-scopes": "all" },
      { "impersonate-user": "system:serviceaccount:kube-system:x" },
    ];
    for (const headers of refused) expect(await codeOf(as(headers, ["actors"]))).toBe(403);
    expect(await codeOf(as({ "impersonate-user": "bob" }, ["others"]))).toBe(403);
  });

  describe("within constraints", () => {
    const rbacGroup = "rbac.authorization.k8s.io";
    const grant = async (name: string, rules: PolicyRule[]): Promise<void> => {
      const apiVersion = `${rbacGroup}/v1`;
      await put(cache, clusterroles, {
        apiVersion,
        kind: "ClusterRole",
        metadata: { name },
        rules,
      });
      await put(cache, clusterrolebindings, {
        ...{ apiVersion, kind: "ClusterRoleBinding", metadata: { name } },
        roleRef: { apiGroup: rbacGroup, kind: "ClusterRole", name },
        subjects: [{ kind: "Group", name, apiGroup: rbacGroup }],
      });
      await settled();
    };
    const authentication = ["authentication.k8s.io"];
    const onPods = (mode: string) => ({
      ...{ apiGroups: [""], resources: ["pods"], verbs: [`impersonate-on:${mode}:list`] },
    });
    const identity = (mode: string, resources: string[], names: string[] = []) => ({
      ...{ apiGroups: authentication, resources, verbs: [`impersonate:${mode}`] },
      ...(names.length === 0 ? {} : { resourceNames: names }),
    });
    const messageOf = (promise: Promise<unknown>) =>
      promise.then(
        () => "let in",
        (error: unknown) => (error instanceof ApiError ? `${error.status.message}` : `${error}`),
      );

    test("a user for one verb on one resource, and nothing else", async () => {
      await grant("lister", [identity("user-info", ["users"], ["bob"]), onPods("user-info")]);
      const bob = { "impersonate-user": "bob" };
      expect((await as(bob, ["lister"])).groups).toEqual(["system:authenticated"]);
      expect(await messageOf(as({ "impersonate-user": "eve" }, ["lister"]))).toContain(
        'users.authentication.k8s.io "eve" is forbidden: User "ann" cannot impersonate:user-info resource "users" in API group "authentication.k8s.io" at the cluster scope',
      );
      const connection = {
        ...nobody,
        clientCertificate: { commonName: "ann", organizations: ["lister"] },
      };
      expect(await messageOf(who(bob, { path: "/api/v1/nodes", connection }))).toContain(
        'nodes is forbidden: User "ann" cannot impersonate-on:user-info:list resource "nodes" in API group "" at the cluster scope',
      );
    });

    test("masters are nobody's to impersonate so, nor extras that are no paths", async () => {
      const parts = ["users", "groups", "userextras/acme.io/x", "uids"];
      await grant("acting", [identity("user-info", parts), onPods("user-info")]);
      const asked = (more: Record<string, string>) =>
        messageOf(as({ "impersonate-user": "bob", ...more }, ["acting"]));
      expect(await asked({ "impersonate-group": "a, b, c, d", "impersonate-uid": "1" })).toBe(
        "let in",
      );
      expect(await asked({ "impersonate-group": "system:masters" })).toContain(
        "impersonating the system:masters group is not allowed",
      );
      expect(await asked({ "impersonate-extra-scopes": "x" })).toContain(
        "impersonating an invalid key in extra is not allowed: extra.key: Invalid value:",
      );
      expect(await asked({ "impersonate-extra-acme.io%2Fx": "y" })).toBe("let in");
    });

    test("a node is of its group for who may be any node, not for who may only take its name", async () => {
      await grant("stand-in", [
        identity("arbitrary-node", ["nodes"], ["n1"]),
        onPods("arbitrary-node"),
      ]);
      const node = { "impersonate-user": "system:node:n1" };
      expect((await as(node, ["stand-in"])).groups).toEqual([
        "system:nodes",
        "system:authenticated",
      ]);
      const other = { "impersonate-user": "system:node:n2" };
      expect(await codeOf(as(other, ["stand-in"]))).toBe(403);
      await grant("namer", [{ apiGroups: [""], resources: ["users"], verbs: ["impersonate"] }]);
      expect((await as(node, ["namer"])).groups).toEqual(["system:authenticated"]);
    });

    test("an agent may act as the node that it runs on", async () => {
      const mode = "associated-node";
      await grant(mode, [identity(mode, ["nodes"]), onPods(mode)]);
      const attributes = {
        ...requestInfo("GET", "/api/v1/pods", undefined),
        user: {
          ...{ name: "system:serviceaccount:team:agent", uid: "", groups: [mode] },
          extra: { "authentication.kubernetes.io/node-name": ["n1"] },
        },
      };
      const acting = (name: string) =>
        impersonation.actingUser(new Headers({ "impersonate-user": name }), attributes);
      expect((await acting("system:node:n1")).groups).toContain("system:nodes");
      expect(await codeOf(acting("system:node:n2"))).toBe(403);
    });
  });

  test("of groups alone is refused", async () => {
    const headers = { "impersonate-group": "system:masters" };
    expect(await codeOf(as(headers, ["system:masters"]))).toBe(400);
  });
});

test("no Authorization header gets in or breaks the chain", async () => {
  const token = await issuer.issue(claims());
  const header = fc.oneof(
    fc.string(),
    fc.string().map((text) => `Bearer ${text}`),
    fc
      .tuple(fc.constantFrom("Bearer", "bearer", "Basic", ""), fc.base64String())
      .map((t) => t.join(" ")),
    fc.array(fc.base64String(), { maxLength: 5 }).map((parts) => `Bearer ${parts.join(".")}`),
    fc.nat(token.length - 2).map((length) => `Bearer ${token.slice(0, length)}`),
    fc.string({ minLength: 1 }).map((tail) => `Bearer ${token} ${tail}x`),
  );
  await fc.assert(
    fc.asyncProperty(header, async (text) => {
      let headers: Headers;
      try {
        headers = new Headers({ authorization: text });
      } catch {
        return; // No HTTP client can send it either.
      }
      const request = new Request(`${base}/api/v1/pods`, { headers });
      expect(await codeOf(authenticator.authenticate(request, nobody))).toBe(401);
    }),
    { numRuns: 500, seed: 1 },
  );
});
