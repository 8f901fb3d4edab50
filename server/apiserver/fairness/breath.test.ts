/** What takes long lets others go between its parts; what does not goes on at once. */
import { expect, test } from "bun:test";
import { breath, inStretches } from "./breath.ts";

const call = { user: { name: "u", uid: "", groups: [], extra: {} } };
const burn = (ms: number): void => {
  const since = performance.now();
  while (performance.now() - since < ms);
};
const nextTurn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

test("where a turn has just begun a request goes on at once", async () => {
  await nextTurn();
  await nextTurn();
  expect(breath(call)).toBeUndefined();
});

test("what waits for its turn of the loop comes before a long request's next part", async () => {
  const order: string[] = [];
  await nextTurn();
  setImmediate(() => order.push("another"));
  await breath(call);
  await inStretches(call, ["first", "second"], (part) => {
    order.push(part);
    burn(8);
  });
  expect(order).toEqual(["first", "another", "second"]);
});
