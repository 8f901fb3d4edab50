/** Data directories for one run. */
import { chmodSync, mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/**
 * An empty folder that Postgres' own account can pass: what is private to root keeps its database
 * elsewhere (storage/postgres/embedded.ts), where removing the folder would leave it.
 */
export function temporaryDataDir(): string {
  const directory = mkdtempSync(join(tmpdir(), "kubun-data-"));
  chmodSync(directory, 0o755);
  return directory;
}
