/** Structured logs. Edges log; pure code returns. */

export interface Logger {
  debug(message: string, fields?: Readonly<Record<string, unknown>>): void;
  info(message: string, fields?: Readonly<Record<string, unknown>>): void;
  warn(message: string, fields?: Readonly<Record<string, unknown>>): void;
  error(message: string, fields?: Readonly<Record<string, unknown>>): void;
}

/** Says nothing; for tests and for libraries used without a log. */
export const silent: Logger = { debug() {}, info() {}, warn() {}, error() {} };
