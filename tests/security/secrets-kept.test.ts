/**
 * What is secret stays so: passwords and tokens are put wherever a client may put them, each with every way to fail,
 * and neither the log nor the answer to anybody else's question tells them.
 */
import { afterAll, beforeAll, expect, test } from "bun:test";
import type { Logger } from "#telemetry/log.ts";
import { openTestServer, type TestServer } from "./server.ts";

/** Nothing else contains it. */
const marker = "Rosebud-4711";
const encoded = Buffer.from(marker).toString("base64");
const log: string[] = [];
let server: TestServer;

const secrets = "/api/v1/namespaces/default/secrets";
const said = (text: string): boolean => [marker, encoded].some((form) => text.includes(form));

beforeAll(async () => {
  const keep = (message: string, fields?: object): void => {
    log.push(`${message} ${JSON.stringify(fields ?? {})}`);
  };
  const logger: Logger = { debug: keep, info: keep, warn: keep, error: keep };
  server = await openTestServer(undefined, logger);
  const object = {
    apiVersion: "v1",
    kind: "Secret",
    metadata: { name: "kept" },
    data: { password: encoded },
  };
  expect((await server.ask({ path: secrets, body: object })).code).toBe(201);
});
afterAll(() => server.close());

interface Sent {
  readonly method: string;
  readonly path: string;
  readonly headers?: Record<string, string>;
  readonly body?: string;
}

/** `as`: the group of the client certificate; "": there is none. */
async function send({ method, path, headers = {}, body }: Sent, as = "system:masters") {
  const clientCertificate = as === "" ? undefined : { commonName: "someone", organizations: [as] };
  const init = { method, headers, ...(body === undefined ? {} : { body }) };
  const request = new Request(`https://test${path}`, init);
  const response = await server.app.fetch(request, {
    remoteAddress: "127.0.0.1",
    clientCertificate,
  });
  return { status: response.status, text: await response.text(), headers: [...response.headers] };
}

const patchTypes = ["merge-patch+json", "strategic-merge-patch+json", "apply-patch+yaml"];

test("what a stored Secret holds is in no refusal to change it", async () => {
  const changes = [
    { immutable: "no boolean" },
    { type: ["x"] },
    { data: "no map" },
    { data: { other: 1 } },
    { metadata: { labels: { "bad key!": "x" } } },
    { metadata: { name: "another" } },
    { apiVersion: "v2", kind: "Secret" },
    { unknown: 1 },
    [{ op: "test", path: "/data/password", value: "guess" }],
    [{ op: "copy", from: "/data/password", path: "/metadata/labels" }],
    [{ op: "copy", from: "/data/password", path: "/immutable" }],
    [
      { op: "copy", from: "/data", path: "/metadata/annotations" },
      { op: "remove", path: "/x" },
    ],
    [{ op: "move", from: "/data/password", path: "/kind" }],
  ];
  const answers = [];
  for (const change of changes) {
    const types = Array.isArray(change) ? ["json-patch+json"] : patchTypes;
    for (const type of types) {
      const path = `${secrets}/kept?fieldManager=t&fieldValidation=Strict&dryRun=All`;
      const headers = { "content-type": `application/${type}` };
      answers.push({
        change,
        type,
        ...(await send({ method: "PATCH", path, headers, body: JSON.stringify(change) })),
      });
    }
  }
  const refused = answers.filter(({ status }) => status >= 400);
  expect(refused.length).toBeGreaterThan(20);
  expect(refused.filter(({ text }) => said(text))).toEqual([]);
  expect(log.filter(said)).toEqual([]);
});

test("what is sent in bodies, headers, queries and arguments is not logged, however it fails", async () => {
  const body = (kind: string, more: object): string =>
    JSON.stringify({ apiVersion: "v1", kind, metadata: { name: "new" }, ...more });
  const json = { "content-type": "application/json" };
  const post = (path: string, text: string, headers: Record<string, string> = json): Sent => ({
    method: "POST",
    path,
    headers,
    body: text,
  });
  const get = (path: string, headers: Record<string, string> = {}): Sent => ({
    method: "GET",
    path,
    headers,
  });
  const pod = "/api/v1/namespaces/default/pods/p";
  const sent: Sent[] = [
    post(secrets, body("Secret", { data: { password: marker } })),
    post(secrets, body("Secret", { data: [encoded], stringData: { a: marker } })),
    post(secrets, body("Secret", { data: { password: encoded }, type: 5 })),
    post(secrets, `${body("Secret", { stringData: { p: marker } })}}`),
    post(secrets, body("Secret", { stringData: { p: marker } }), {
      "content-type": "application/yaml",
    }),
    post(secrets, `kind: Secret\nstringData:\n  p: ${marker}\n  p: [`, {
      "content-type": "application/yaml",
    }),
    post(secrets, marker, { "content-type": "application/vnd.kubernetes.protobuf" }),
    post(secrets, body("Secret", { stringData: { p: marker } }), { "content-type": "x/y" }),
    post(
      "/apis/authentication.k8s.io/v1/tokenreviews",
      JSON.stringify({
        apiVersion: "authentication.k8s.io/v1",
        kind: "TokenReview",
        spec: { token: marker },
      }),
    ),
    post(
      "/api/v1/namespaces/default/serviceaccounts/default/token",
      JSON.stringify({
        spec: { audiences: [marker], boundObjectRef: { kind: "Secret", name: marker } },
      }),
    ),
    post("/api/v1/namespaces/none/secrets", body("Secret", { stringData: { p: marker } })),
    { ...post(`${secrets}/kept`, body("Secret", { stringData: { p: marker } })), method: "PUT" },
    get("/api/v1/pods", { authorization: `Bearer ${marker}` }),
    get("/api/v1/pods", { authorization: `Basic ${encoded}` }),
    get("/api/v1/pods", { cookie: `session=${marker}`, "x-token": marker }),
    get("/api/v1/pods", { "impersonate-extra-password": marker, "impersonate-user": "x" }),
    get(`${pod}/exec?command=mysql&command=-p${marker}&stdout=1`),
    get(`${pod}/exec?command=-p${marker}`, { upgrade: "websocket", connection: "Upgrade" }),
    post(`${pod}/attach?stdin=1&token=${marker}`, ""),
    get(`/api/v1/namespaces/default/services/s/proxy/login?password=${marker}`),
    get(`/api/v1/pods?token=${marker}&limit=x`),
    get(`/api/v1/pods?watch=1&resourceVersion=x&access_token=${marker}`),
    get(`/healthz/none?token=${marker}`),
    get(`/nowhere?token=${marker}`),
  ];
  const statuses = new Set<number>();
  for (const one of sent) {
    for (const group of ["system:masters", "nobody", ""]) {
      const { status, headers } = await send(one, group);
      statuses.add(status);
      expect(headers.filter(([, value]) => said(value))).toEqual([]);
    }
  }
  for (const status of [400, 401, 403, 404]) expect(statuses).toContain(status);
  expect(log.filter(said)).toEqual([]);
});

test("a fault of the server's own logs where it was, and not what was asked", async () => {
  // A header that no runtime can carry is a bug that any request could meet: the handler throws.
  const broken = Object.assign(Object.create(null), { remoteAddress: "127.0.0.1" });
  Object.defineProperty(broken, "clientCertificate", {
    get() {
      throw new TypeError("planted");
    },
  });
  const request = new Request(`https://test/api/v1/pods?token=${marker}`);
  const response = await server.app.fetch(request, broken);
  expect(response.status).toBe(500);
  expect(log.filter((line) => line.includes("planted"))).toHaveLength(1);
  expect(log.filter(said)).toEqual([]);
});
