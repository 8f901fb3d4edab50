/** metadata.generateName. */
import type { Randomness } from "./call.ts";

/** No vowels and no digits like them, so that no words come out: upstream's alphabet. */
const alphabet = "bcdfghjklmnpqrstvwxz2456789";
const suffixLength = 5;
const nameLengthMax = 63;

export function generatedName(base: string, randomness: Randomness): string {
  let name = base.slice(0, nameLengthMax - suffixLength);
  for (let i = 0; i < suffixLength; i++) {
    name += alphabet.charAt(Math.floor(randomness.fraction() * alphabet.length));
  }
  return name;
}
