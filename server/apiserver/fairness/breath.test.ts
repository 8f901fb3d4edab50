/** Large requests let others go between their parts; small ones do not wait. */
import { expect, test } from "bun:test";
import { breath, largeBodyBytesMin } from "./breath.ts";

const of = (length: number) => ({
  request: new Request("http://x/", { headers: { "content-length": `${length}` } }),
});

test("a small request goes on at once", () => {
  expect(breath(of(largeBodyBytesMin - 1))).toBeUndefined();
  expect(breath({ request: new Request("http://x/") })).toBeUndefined();
});

test("what waits for its turn of the loop comes before a large request's next part", async () => {
  const order: string[] = [];
  setImmediate(() => order.push("another"));
  await breath(of(largeBodyBytesMin));
  order.push("the large one");
  expect(order).toEqual(["another", "the large one"]);
});
