/** Requests that mean harm, five hundred from one seed: each is answered, and nothing else comes of it. `npm run fuzz` goes on. */
import { expect, test } from "bun:test";
import { besiege, openBesieged } from "./fuzz/siege.ts";

const attacksOfTest = 500;

test("nothing that a client sends crashes, blocks, pollutes or makes the server talk", async () => {
  const besieged = await openBesieged();
  const { faults, answers } = await besiege(besieged, 1, (attacks) => attacks >= attacksOfTest);
  await besieged.server.close();
  expect(faults).toEqual([]);
  // The attacks reach what they are aimed at.
  for (const status of [200, 400, 404, 409, 422]) expect(answers.has(status)).toBe(true);
}, 120_000);
