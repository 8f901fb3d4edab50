/** What clients asked and were answered, and what the checks found wrong with it. */
import type { Key, Revision } from "#storage/storage.ts";

export interface WriteRecord {
  readonly mark: string;
  readonly key: Key;
  /** 0: a create. */
  readonly expected: Revision;
  /** Steps of the scheduler. */
  readonly started: number;
  ended: number;
  /** refused: certainly not written. unknown: a Timeout, or the server died. */
  outcome: "pending" | "written" | "conflict" | "refused" | "unknown";
  /** Of what was written, or of what stood there (0: nothing). */
  revision: Revision;
}

/** The assertions of the reference, section 5, by number. */
export type Assertion = 1 | 2 | 3 | 4 | 5 | 6 | 7 | 8 | 9 | 10;

export interface Violation {
  readonly assertion: Assertion;
  readonly what: string;
}

export class History {
  readonly writes: WriteRecord[] = [];
  readonly violations: Violation[] = [];
  readonly counts = {
    written: 0,
    conflicts: 0,
    unknown: 0,
    refused: 0,
    lists: 0,
    events: 0,
    expired: 0,
    crashes: 0,
    failovers: 0,
  };
  /** The highest revision that any writer was told. */
  acknowledged: Revision = 0;

  violated(assertion: Assertion, what: string): void {
    this.violations.push({ assertion, what });
  }

  /** Compares two descriptions; says what differs first. */
  same(
    assertion: Assertion,
    what: string,
    found: readonly string[],
    expected: readonly string[],
  ): void {
    const length = Math.max(found.length, expected.length);
    for (let at = 0; at < length; at++) {
      if (found[at] === expected[at]) continue;
      this.violated(assertion, `${what}: [${at}] is ${found[at]}, must be ${expected[at]}`);
      return;
    }
  }
}
