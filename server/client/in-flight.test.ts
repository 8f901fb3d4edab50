/** The bound of a client's requests: never more at once, all of them in order, failures give their place back. */
import { expect, test } from "bun:test";
import { boundedTransport } from "./in-flight.ts";

const request = (index: number) => new Request(`https://server/${index}`);

function server() {
  const seen: string[] = [];
  const answers: ((failed: boolean) => void)[] = [];
  let most = 0;
  let open = 0;
  const transport = async ({ url }: Request): Promise<Response> => {
    seen.push(new URL(url).pathname);
    most = Math.max(most, ++open);
    const failed = await new Promise<boolean>((resolve) => answers.push(resolve));
    open--;
    if (failed) throw new Error("lost");
    return new Response();
  };
  return { transport, seen, answers, most: () => most };
}

test("no more than the bound at once, in order, and a failure lets the next one in", async () => {
  const { transport, seen, answers, most } = server();
  const bounded = boundedTransport(transport, 3);
  const asked = Array.from({ length: 20 }, (_, index) => bounded(request(index)));
  const results = Promise.allSettled(asked);
  for (let at = 0; at < 20; at++) {
    await new Promise((resolve) => setImmediate(resolve));
    answers[at]?.(at % 4 === 0);
  }
  const settled = await results;
  expect(seen).toEqual(Array.from({ length: 20 }, (_, index) => `/${index}`));
  expect(most()).toBe(3);
  expect(settled.filter(({ status }) => status === "rejected")).toHaveLength(5);
});

test("places that nobody waits for are there again", async () => {
  const { transport, answers, most } = server();
  const bounded = boundedTransport(transport, 2);
  for (let round = 0; round < 3; round++) {
    const both = Promise.all([bounded(request(0)), bounded(request(1))]);
    await new Promise((resolve) => setImmediate(resolve));
    for (const answer of answers.splice(0)) answer(false);
    await both;
  }
  expect(most()).toBe(2);
});
