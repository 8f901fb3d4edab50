/**
 * `npm run gen`: writes everything under server/gen from proto/.
 * `npm run gen -- --check` writes nothing and fails where server/gen is not what it would write.
 */
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { generateCri } from "./generate/cri.ts";
import { generateOpenApi } from "./generate/openapi.ts";
import { generateSchedulerAbi } from "./generate/scheduler-abi.ts";
import { generateSchema } from "./generate/schema.ts";
import { generateStartObjects } from "./generate/start-objects.ts";
import { generateTableColumns } from "./generate/table-columns.ts";
import { generateTypes } from "./generate/types.ts";

const proto = import.meta.dirname;
const committed = join(proto, "../server/gen");

function generate(out: string): void {
  generateTypes(join(proto, "facts"), join(out, "api"));
  generateSchema(join(proto, "facts"), out);
  generateCri(proto, out);
  generateStartObjects(join(proto, "facts"), join(out, "start-objects.ts"));
  generateSchedulerAbi(
    join(proto, "../scheduler-wasm/assembly/abi.ts"),
    join(out, "scheduler-abi.ts"),
  );
  generateTableColumns(join(proto, "facts"), out);
  generateOpenApi(join(proto, "facts"), out);
}

function filesOf(directory: string): string[] {
  return readdirSync(directory, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(directory.length + 1));
}

/** Files that differ from what would be written, are missing, or that nothing writes. */
function stale(fresh: string): string[] {
  const written = new Set(filesOf(fresh));
  const present = new Set(filesOf(committed));
  const same = (file: string): boolean =>
    readFileSync(join(fresh, file)).equals(readFileSync(join(committed, file)));
  return [...written.union(present)]
    .filter((file) => !written.has(file) || !present.has(file) || !same(file))
    .sort();
}

function check(): void {
  const fresh = mkdtempSync(join(tmpdir(), "kubun-gen-"));
  try {
    generate(fresh);
    const files = stale(fresh);
    for (const file of files) console.log(`server/gen/${file} is not current: run npm run gen`);
    if (files.length > 0) process.exitCode = 1;
  } finally {
    rmSync(fresh, { recursive: true, force: true });
  }
}

if (process.argv.includes("--check")) check();
else generate(committed);
