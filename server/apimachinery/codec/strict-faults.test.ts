import { expect, test } from "bun:test";
import { decodeJson } from "./json.ts";

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
const pod = (rest: string) =>
  decodeJson(bytes(`{"apiVersion":"v1","kind":"Pod",${rest}}`), { apiVersion: "v1", kind: "Pod" });

const cases: readonly (readonly [body: string, inOrder: readonly string[]])[] = [
  [
    '"metadata":{"name":"a","name":"b","nope":1}',
    ['duplicate field "metadata.name"', 'unknown field "metadata.nope"'],
  ],
  [
    '"metadata":{"nope":1,"labels":{"a":"b","a":"c"}},"spec":{"x":null}',
    [
      'unknown field "metadata.nope"',
      'duplicate field "metadata.labels.a"',
      'unknown field "spec.x"',
    ],
  ],
  // What is unknown is unknown once, whatever is in it.
  [
    '"nope":{"a":1,"a":2},"nope":{},"kind":"Pod"',
    ['unknown field "nope"', 'duplicate field "kind"'],
  ],
  [
    '"spec":{"containers":[{"name":"a"},{"image":"x","image":null,"image":"y"}]}',
    ['duplicate field "spec.containers[1].image"'],
  ],
];

for (const [body, inOrder] of cases)
  test(body, () => {
    expect(pod(body).inOrder).toEqual(inOrder);
  });

test("null after a value leaves what Go holds by value", () => {
  const { object } = pod('"metadata":{"name":"a","name":null}');
  expect(object.metadata.name).toBe("a");
});

test("kind and version are read in letters of either case", () => {
  expect(() => pod('"APIVERSION":1')).toThrow("Go struct field .apiVersion of type string");
  expect(pod('"kind":null').object.kind).toBe("Pod");
});

test("an unknown field counts where it is null", () => {
  expect(pod('"nope":null').unknownFields).toEqual(["nope"]);
});
