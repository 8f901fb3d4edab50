/** Turns: by user, and bounded. */
import { expect, test } from "bun:test";
import { Turns } from "./turns.ts";

const made = () =>
  new Turns<{ user: string; size: number }>({ ofUserMax: 32, bytesMax: 64 * 2 ** 20 });
const of = (user: string, size = 1) => ({ user, size });
const all = (turns: ReturnType<typeof made>): string[] => {
  const users: string[] = [];
  for (let one = turns.next(); one !== undefined; one = turns.next()) users.push(one.user);
  return users;
};

test("who asks once waits for one of each other user's, however many those ask", () => {
  const turns = made();
  for (const user of ["a", "a", "a", "b", "b", "c"]) turns.add(of(user));
  expect(all(turns)).toEqual(["a", "b", "c", "a", "b", "a"]);
  expect(turns.empty).toBe(true);
});

test("a user who has too many waiting is refused, others are not", () => {
  const turns = made();
  const taken = Array.from({ length: 40 }, () => turns.add(of("a"))).filter(Boolean).length;
  expect(taken).toBe(32);
  expect(turns.add(of("b"))).toBe(true);
  turns.next();
  expect(turns.add(of("a"))).toBe(true);
});

test("so many bytes wait, and room comes back with each turn", () => {
  const turns = made();
  expect(turns.add(of("a", 60 * 2 ** 20))).toBe(true);
  expect(turns.add(of("b", 5 * 2 ** 20))).toBe(false);
  turns.next();
  expect(turns.add(of("b", 5 * 2 ** 20))).toBe(true);
});
