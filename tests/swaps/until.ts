/** Waiting for what somebody else does: bounded, and it fails with what was seen last. */

/** Patience with a busy machine, no claim about time. */
const patienceMs = 180_000;
const pollMs = 200;

/** Until `see` says what was expected; an error of it counts as something else that was seen. */
export async function until(
  what: string,
  expected: string,
  see: () => Promise<string>,
  msMax = patienceMs,
): Promise<void> {
  const end = performance.now() + msMax;
  let seen = "nothing";
  while (performance.now() < end) {
    seen = await see().catch((error: unknown) => String(error));
    if (seen === expected) return;
    await new Promise((resolve) => setTimeout(resolve, pollMs));
  }
  throw new Error(`${what}: saw ${seen}, must be ${expected}`);
}

const triesMax = 20;

/** A server that is too busy to answer is asked again; what it refuses for good comes out at the end. */
export async function insist<T>(ask: () => Promise<T>): Promise<T> {
  for (let tries = 1; ; tries++) {
    try {
      return await ask();
    } catch (error) {
      if (tries === triesMax) throw error;
    }
    await new Promise((resolve) => setTimeout(resolve, pollMs * 5));
  }
}
