/** A bug, not a refusal: what must hold does not. */
export function assert(condition: boolean, fact: string): asserts condition {
  if (!condition) throw new Error(`assertion failed: ${fact}`);
}
