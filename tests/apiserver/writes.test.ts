/** M1 to M6 and M13: create, update, patch. */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { ask, type Harness, openHarness } from "./harness.ts";

const maps = "/api/v1/namespaces/default/configmaps";
const mergePatch = { "content-type": "application/merge-patch+json" };
let harness: Harness;
beforeAll(async () => {
  harness = await openHarness();
});
afterAll(() => harness.close());

const create = (name: string, more: object = {}) =>
  ask(harness, "POST", maps, { metadata: { name }, ...more });

describe("create", () => {
  test("answers 201 with what the server owns", async () => {
    const { status, body } = await create("owned", { data: { a: "1" } });
    expect(status).toBe(201);
    expect(body.metadata.uid).toMatch(/^[0-9a-f-]{36}$/);
    expect(body.metadata.creationTimestamp).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/);
    expect(Number(body.metadata.resourceVersion)).toBeGreaterThan(0);
  });

  test("a deployment starts at generation 1", async () => {
    const { body } = await ask(harness, "POST", "/apis/apps/v1/namespaces/default/deployments", {
      metadata: { name: "web" },
      spec: {
        selector: { matchLabels: { a: "b" } },
        template: {
          metadata: { labels: { a: "b" } },
          spec: { containers: [{ name: "c", image: "i" }] },
        },
      },
    });
    expect(body.metadata.generation).toBe(1);
  });

  test("twice is 409 AlreadyExists", async () => {
    await create("twice");
    const { status, body } = await create("twice");
    expect([status, body.reason]).toEqual([409, "AlreadyExists"]);
    expect(body.message).toBe('configmaps "twice" already exists');
  });

  test("generateName appends five characters without vowels", async () => {
    const { body } = await ask(harness, "POST", maps, { metadata: { generateName: "gen-" } });
    expect(body.metadata.name).toMatch(/^gen-[bcdfghjklmnpqrstvwxz2456789]{5}$/);
  });

  test("a generated name that clashes is drawn again, eight times", async () => {
    let draws = 0;
    const stuck = await openHarness({
      randomness: { uid: () => crypto.randomUUID(), fraction: () => (++draws > 20 ? 0.5 : 0) },
    });
    const post = () => ask(stuck, "POST", maps, { metadata: { generateName: "x-" } });
    expect((await post()).body.metadata.name).toBe("x-bbbbb");
    expect((await post()).body.metadata.name).not.toBe("x-bbbbb");
    draws = -1000;
    expect((await post()).body.reason).toBe("AlreadyExists");
    await stuck.close();
  });

  const refused: readonly (readonly [string, unknown, number, string])[] = [
    [
      "no name",
      { metadata: {} },
      422,
      'ConfigMap "" is invalid: metadata.name: Required value: name or generateName is required',
    ],
    [
      "another namespace",
      { metadata: { name: "x", namespace: "other" } },
      400,
      "the namespace of the provided object does not match the namespace sent on the request",
    ],
    [
      "a resourceVersion",
      { metadata: { name: "x", resourceVersion: "5" } },
      500,
      "resourceVersion should not be set on objects to be created",
    ],
    [
      "another kind",
      { kind: "Pod", apiVersion: "v1", metadata: { name: "x" } },
      400,
      'Pod in version "v1" cannot be handled as a ConfigMap: converting (v1.Pod) to (core.ConfigMap): unknown conversion',
    ],
    [
      "broken JSON",
      "{",
      400,
      "the object provided is unrecognized (must be of type ConfigMap): couldn't get version/kind; json parse error: unexpected end of JSON input ({)",
    ],
    [
      "a wrong type",
      { metadata: { name: "x" }, data: [] },
      400,
      'ConfigMap in version "v1" cannot be handled as a ConfigMap: json: cannot unmarshal array into Go struct field ConfigMap.data of type map[string]string',
    ],
  ];
  for (const [name, body, code, message] of refused) {
    test(`${name} is ${code}`, async () => {
      const answer = await ask(harness, "POST", maps, body);
      expect([answer.status, answer.body.message]).toEqual([code, message]);
    });
  }

  test("a dry run writes nothing and answers the object", async () => {
    const path = `${maps}?dryRun=All`;
    const { status, body } = await ask(harness, "POST", path, { metadata: { name: "dry" } });
    expect([status, body.metadata.name]).toEqual([201, "dry"]);
    expect((await ask(harness, "GET", `${maps}/dry`)).status).toBe(404);
  });

  test("an unknown dryRun is 422", async () => {
    const { status } = await ask(harness, "POST", `${maps}?dryRun=x`, { metadata: { name: "q" } });
    expect(status).toBe(422);
  });

  describe("fieldValidation", () => {
    const odd = '{"metadata":{"name":"odd","foo":1},"data":{"a":"1","a":"2"},"bar":2}';
    test("Strict refuses", async () => {
      const { status, body } = await ask(harness, "POST", `${maps}?fieldValidation=Strict`, odd);
      expect(status).toBe(400);
      expect(body.message).toContain("strict decoding error: ");
      for (const part of ['unknown field "metadata.foo"', 'duplicate field "data.a"']) {
        expect(body.message).toContain(part);
      }
    });
    test("Warn, the default, warns", async () => {
      const { status, headers } = await ask(harness, "POST", `${maps}?dryRun=All`, odd);
      expect(status).toBe(201);
      expect(headers.get("warning")).toContain('299 - "unknown field \\"bar\\""');
    });
    test("Ignore says nothing", async () => {
      const path = `${maps}?dryRun=All&fieldValidation=Ignore`;
      expect((await ask(harness, "POST", path, odd)).headers.get("warning")).toBeNull();
    });
  });

  test("a body over 3 MiB is 413", async () => {
    const { status, body } = await ask(harness, "POST", maps, "x".repeat(3 * 1024 * 1024 + 1));
    expect([status, body.reason]).toEqual([413, "RequestEntityTooLarge"]);
  });

  test("an unknown media type is 415, an unacceptable one 406", async () => {
    const sent = await ask(harness, "POST", maps, "x", { "content-type": "text/x" });
    expect([sent.status, sent.body.reason]).toEqual([415, "UnsupportedMediaType"]);
    const wanted = await ask(harness, "POST", maps, {}, { accept: "text/x" });
    expect([wanted.status, wanted.body.reason]).toEqual([406, "NotAcceptable"]);
  });

  test("YAML comes and goes", async () => {
    const yaml = "metadata:\n  name: yaml\ndata:\n  a: b\n";
    const headers = { "content-type": "application/yaml", accept: "application/yaml" };
    const { status, body } = await ask(harness, "POST", maps, yaml, headers);
    expect(status).toBe(201);
    expect(body).toContain("kind: ConfigMap");
  });
});

describe("update", () => {
  test("a stale resourceVersion is 409 Conflict", async () => {
    const { body } = await create("stale");
    await ask(harness, "PUT", `${maps}/stale`, { ...body, data: { a: "1" } });
    const again = await ask(harness, "PUT", `${maps}/stale`, { ...body, data: { a: "2" } });
    expect([again.status, again.body.message]).toEqual([
      409,
      'Operation cannot be fulfilled on configmaps "stale": the object has been modified; please apply your changes to the latest version and try again',
    ]);
  });

  test("without a resourceVersion it is unconditional, and keeps uid and creation time", async () => {
    const { body } = await create("free");
    const put = await ask(harness, "PUT", `${maps}/free`, {
      metadata: { name: "free" },
      data: { a: "1" },
    });
    expect(put.status).toBe(200);
    expect(put.body.metadata.uid).toBe(body.metadata.uid);
    expect(put.body.metadata.creationTimestamp).toBe(body.metadata.creationTimestamp);
  });

  test("an update that changes nothing writes nothing", async () => {
    const { body } = await create("same", { data: { a: "1" } });
    const before = harness.cache.revision;
    const put = await ask(harness, "PUT", `${maps}/same`, body);
    expect(put.body.metadata.resourceVersion).toBe(body.metadata.resourceVersion);
    expect(harness.cache.revision).toBe(before);
  });

  test("another uid is 409", async () => {
    await create("uid");
    const put = await ask(harness, "PUT", `${maps}/uid`, { metadata: { name: "uid", uid: "x" } });
    expect(put.status).toBe(409);
    expect(put.body.message).toContain("Precondition failed: UID in precondition: x");
  });

  test("absent is 404, another name 400, no name 400", async () => {
    const put = (name: string, body: object) => ask(harness, "PUT", `${maps}/${name}`, body);
    expect((await put("nobody", { metadata: { name: "nobody" } })).status).toBe(404);
    const other = await put("owned", { metadata: { name: "x" } });
    expect([other.status, other.body.message]).toEqual([
      400,
      "the name of the object (x) does not match the name on the URL (owned)",
    ]);
    expect((await put("owned", {})).status).toBe(400);
  });

  test("generation follows desires, status moves only under /status", async () => {
    const path = "/apis/apps/v1/namespaces/default/deployments/web";
    const { body } = await ask(harness, "GET", path);
    const changed = { ...body, spec: { ...body.spec, replicas: 3 }, status: { replicas: 9 } };
    const put = await ask(harness, "PUT", path, changed);
    expect([put.body.metadata.generation, put.body.status.replicas]).toEqual([2, undefined]);
    const labelled = await ask(
      harness,
      "PATCH",
      path,
      { metadata: { labels: { x: "y" } } },
      mergePatch,
    );
    expect(labelled.body.metadata.generation).toBe(2);
    const status = {
      ...labelled.body,
      spec: { ...body.spec, replicas: 7 },
      status: { replicas: 4 },
    };
    const moved = await ask(harness, "PUT", `${path}/status`, status);
    expect(moved.body.spec.replicas).toBe(3);
    expect([moved.body.metadata.generation, moved.body.status.replicas]).toEqual([2, 4]);
  });
});

describe("patch", () => {
  test("each type by its content type", async () => {
    await create("patched", { data: { a: "1", b: "2" } });
    const rows = [
      ["application/merge-patch+json", { data: { a: null, c: "3" } }, { b: "2", c: "3" }],
      ["application/json-patch+json", [{ op: "remove", path: "/data/b" }], { c: "3" }],
      ["application/strategic-merge-patch+json", { data: { d: "4" } }, { c: "3", d: "4" }],
    ] as const;
    for (const [type, patch, data] of rows) {
      const answer = await ask(harness, "PATCH", `${maps}/patched`, patch, {
        "content-type": type,
      });
      expect([answer.status, answer.body.data]).toEqual([200, data]);
    }
  });

  const refused: readonly (readonly [string, string, unknown, number])[] = [
    ["apply in CBOR", "application/apply-patch+cbor", "a: b", 415],
    ["an unknown type", "application/foo", {}, 415],
    ["broken JSON", "application/merge-patch+json", "{", 400],
    ["a rename", "application/merge-patch+json", { metadata: { name: "z" } }, 400],
    ["a wrong type", "application/merge-patch+json", { data: [] }, 422],
    ["another kind", "application/merge-patch+json", { kind: "Pod" }, 400],
    [
      "a stale version",
      "application/merge-patch+json",
      { metadata: { resourceVersion: "999" } },
      409,
    ],
    ["what does not apply", "application/json-patch+json", [{ op: "remove", path: "/zz" }], 422],
  ];
  for (const [name, type, patch, code] of refused) {
    test(`${name} is ${code}`, async () => {
      const headers = { "content-type": type };
      expect((await ask(harness, "PATCH", `${maps}/owned`, patch, headers)).status).toBe(code);
    });
  }

  test("a strategic merge meets containers by name", async () => {
    const path = "/apis/apps/v1/namespaces/default/deployments/web";
    const patch = { spec: { template: { spec: { containers: [{ name: "c", image: "new" }] } } } };
    const headers = { "content-type": "application/strategic-merge-patch+json" };
    const { body } = await ask(harness, "PATCH", path, patch, headers);
    expect(body.spec.template.spec.containers).toHaveLength(1);
    expect(body.spec.template.spec.containers[0].image).toBe("new");
    expect(body.spec.template.spec.containers[0].terminationMessagePath).toBe(
      "/dev/termination-log",
    );
  });

  test("patches that race all land", async () => {
    await create("raced");
    const patch = (i: number) =>
      ask(harness, "PATCH", `${maps}/raced`, { data: { [`k${i}`]: "v" } }, mergePatch);
    const answers = await Promise.all([0, 1, 2, 3].map(patch));
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200, 200]);
    const { body } = await ask(harness, "GET", `${maps}/raced`);
    expect(Object.keys(body.data)).toHaveLength(4);
  });
});
