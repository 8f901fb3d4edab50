/** Whatever was thrown, as a sentence: most of what is thrown is an Error. */
export const messageOf = (thrown: unknown): string =>
  thrown instanceof Error ? thrown.message : String(thrown);
