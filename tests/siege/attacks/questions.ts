/** Questions that are long, senseless or much too many. */
import { ask } from "../ask.ts";
import { type Attack, crowd, pick, randomBytes, type Siege } from "../attack.ts";
import { request, say } from "../wire.ts";

const maps = "/api/v1/namespaces/siege/configmaps";
const terms = (count: number, make: (at: number) => string): string =>
  encodeURIComponent(Array.from({ length: count }, (_, at) => make(at)).join(","));

const queries: readonly string[] = [
  `labelSelector=${terms(1_000, (at) => `key-${at}!=value`)}`,
  `labelSelector=${terms(1_000, () => "a in (b,c,d)")}`,
  `labelSelector=${encodeURIComponent(`a in (${Array(2_000).fill("b").join()})`)}`,
  `labelSelector=${encodeURIComponent("(".repeat(5_000))}`,
  `fieldSelector=${terms(1_000, () => "metadata.name!=x")}`,
  `fieldSelector=${encodeURIComponent("\\".repeat(5_001))}`,
  `continue=${"A".repeat(9_000)}`,
  `limit=99999999999999999999&resourceVersion=${"9".repeat(30)}`,
  "limit=-1&resourceVersion=-1&resourceVersionMatch=Never",
  "resourceVersion=18446744073709551616&watch=1&timeoutSeconds=1",
  `watch=1&timeoutSeconds=1&labelSelector=${terms(1_000, (at) => `key-${at}`)}`,
  `${"pretty=true&".repeat(2_000)}`,
  "%ff%fe=%00&%=%zz",
];

/** A request of a grammar that is mostly right. */
function nearlyRight(siege: Siege): Buffer {
  const noise = (): string =>
    randomBytes(siege, 1 + Math.floor(siege.random() * 12)).toString("latin1");
  const method = pick(siege, [
    "GET",
    "POST",
    "PUT",
    "PATCH",
    "DELETE",
    "TRACE",
    "CONNECT",
    "get",
    "",
    noise(),
  ]);
  const path = pick(siege, [
    maps,
    `${maps}/../../..`,
    "//api",
    "*",
    "http://elsewhere/api",
    `${maps}/%2e%2e`,
    `/apis/${noise()}`,
    noise(),
    "",
  ]);
  const version = pick(siege, ["HTTP/1.1", "HTTP/1.0", "HTTP/9.9", "HTTP", ""]);
  const fields = pick(siege, [
    "host: x\r\n",
    "host: x\r\nhost: y\r\n",
    "content-length: -1\r\n",
    "content-length: 5\r\ncontent-length: 6\r\n",
    "transfer-encoding: chunked\r\ncontent-length: 5\r\n",
    "transfer-encoding: chunked\r\n\r\nffffffffffffffffff\r\n",
    "transfer-encoding: chunked\r\n\r\n5\r\nhelloX0\r\n",
    "expect: 100-continue\r\ncontent-length: 3\r\n",
    `accept: ${"application/json;q=0.1,".repeat(300)}x\r\n`,
    "accept: \r\ncontent-type: ;;;\r\ncontent-encoding: gzip\r\ncontent-length: 3\r\n\r\nabc",
    `${noise()}: ${noise()}\r\n`,
    " folded\r\n",
  ]);
  return Buffer.from(`${method} ${path} ${version}\r\n${fields}\r\n`, "latin1");
}

/** Everybody writes the same object by the same version. */
async function conflict(siege: Siege, index: number): Promise<void> {
  const path = `${maps}/contested`;
  if (index === 0) {
    const body = JSON.stringify({ metadata: { name: "contested" } });
    await ask(siege, { method: "POST", path: maps, type: "application/json", body });
  }
  const kinds = [
    {
      type: "application/merge-patch+json",
      body: `{"data":{"by":"${index}","at":"${siege.random()}"}}`,
    },
    {
      type: "application/json-patch+json",
      body: `[{"op":"test","path":"/metadata/resourceVersion","value":"1"}]`,
    },
    {
      type: "application/apply-patch+yaml",
      body: `{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"contested"},"data":{"by":"${index}"}}`,
    },
    { type: "application/merge-patch+json", body: '{"metadata":{"resourceVersion":"1"}}' },
  ];
  const { type, body } = pick(siege, kinds);
  await ask(siege, { method: "PATCH", path: `${path}?fieldManager=siege-${index}`, type, body });
}

export const questions: readonly Attack[] = [
  {
    name: "selectors of 1 000 terms",
    run: (siege) => crowd(siege, 8, () => ask(siege, { path: `${maps}?${pick(siege, queries)}` })),
  },
  {
    name: "requests that are nearly right",
    run: (siege) => crowd(siege, 8, () => say(siege, nearlyRight(siege), 300)),
  },
  {
    name: "conflicting patches",
    run: (siege) => crowd(siege, 50, (index) => conflict(siege, index)),
  },
  {
    name: "random bytes within TLS",
    run: (siege) => crowd(siege, 8, () => say(siege, randomBytes(siege, 2_000), 300)),
  },
  {
    name: "every list at once",
    run: (siege) =>
      crowd(siege, 16, () =>
        ask(siege, {
          path: pick(siege, [
            "/api/v1/pods",
            "/apis/rbac.authorization.k8s.io/v1/clusterroles",
            "/openapi/v2",
            "/metrics",
            "/api/v1/events",
          ]),
        }),
      ),
  },
  {
    name: "pipelined requests that nobody reads",
    run: (siege) =>
      crowd(siege, 4, () =>
        say(
          siege,
          Buffer.concat(
            Array.from({ length: 200 }, () =>
              request("GET", "/apis/rbac.authorization.k8s.io/v1/clusterroles"),
            ),
          ),
          1_000,
        ),
      ),
  },
];
