/** What each failure of Postgres means for a batch: the one table from SQLSTATE to what happens next. */
import { messageOf } from "#apimachinery/error-message.ts";
import { ApiError } from "#apimachinery/status.ts";
import { DatabaseError, type Failure } from "#storage/database.ts";

/** Longest match wins: a whole SQLSTATE, else its class (the first two characters). */
const failures: Readonly<Record<string, Failure>> = {
  // Raised by commit_batch.
  KB001: "epoch",
  KB002: "behind",
  KB003: "lost",
  // Connection exceptions: the server may have committed before it was lost.
  "08": "unknown",
  // The session was ended by an operator, a crash of another session or a shutdown: in the commit or before.
  "57P01": "unknown",
  "57P02": "unknown",
  "57P05": "unknown",
  // The server starts or recovers: nothing was run.
  "57P03": "retry",
  // A standby: a failover is under way, and the next connection finds the new primary.
  "25006": "retry",
  // Serialization failures and deadlocks: rolled back.
  "40": "retry",
  // 40003 says itself that the completion is unknown.
  "40003": "unknown",
  // Too many connections, out of memory, disk full: rolled back, perhaps better soon.
  "53": "retry",
  // Lock not available, statement timeout: rolled back.
  "55": "retry",
  "57014": "retry",
  // The disk failed under the server.
  "58": "retry",
};

/** What postgres.js itself and the sockets say. */
const connectionFailures: Readonly<Record<string, Failure>> = {
  CONNECTION_CLOSED: "unknown",
  CONNECTION_DESTROYED: "unknown",
  // Nothing was sent: the client was ended by ourselves, which happens at the end only.
  CONNECTION_ENDED: "refused",
  CONNECT_TIMEOUT: "retry",
  ECONNREFUSED: "retry",
  ENOENT: "retry",
  ENOTFOUND: "retry",
  EHOSTUNREACH: "retry",
  ENETUNREACH: "retry",
  EAI_AGAIN: "retry",
};

export function databaseError(error: unknown): DatabaseError {
  const code = codeOf(error);
  const message = messageOf(error);
  return new DatabaseError(failureOf(code), `${message} (${code || "no code"})`, error);
}

export function failureOf(code: string): Failure {
  const known = connectionFailures[code] ?? failures[code] ?? failures[code.slice(0, 2)];
  if (known !== undefined) return known;
  // A SQLSTATE that is not in the table rolled the statement back; anything else came from the socket.
  return /^[0-9A-Z]{5}$/.test(code) && !code.startsWith("E") ? "refused" : "unknown";
}

/** Whether another connection, or the same question a little later, may do better: broken, starting, a standby, full. */
export function passes(error: unknown): boolean {
  if (error instanceof ApiError) return false;
  const failure = failureOf(codeOf(error));
  return failure === "unknown" || failure === "retry";
}

function codeOf(error: unknown): string {
  const code = error instanceof Error && "code" in error ? error.code : undefined;
  return typeof code === "string" ? code : "";
}
