/** Compiles assembly/ with asc into build/scheduler.wasm, when a source is newer than it. */
import { execFile } from "node:child_process";
import { existsSync, readdirSync, statSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { promisify } from "node:util";

const here = import.meta.dirname;

/** Where the module stands once built. */
export const wasmFile: string = join(here, "build", "scheduler.wasm");

function newestSource(): number {
  const sources = readdirSync(join(here, "assembly"), { recursive: true, encoding: "utf8" })
    .map((name) => join(here, "assembly", name))
    .concat(join(here, "asconfig.json"));
  return Math.max(...sources.map((file) => statSync(file).mtimeMs));
}

export function isStale(): boolean {
  return !existsSync(wasmFile) || statSync(wasmFile).mtimeMs < newestSource();
}

/** Builds if stale; true when it had to. Throws with asc's own words on an error. */
export async function buildWasm(): Promise<boolean> {
  if (!isStale()) return false;
  const require = createRequire(import.meta.url);
  const asc = join(dirname(require.resolve("assemblyscript/package.json")), "bin", "asc.js");
  const options = ["assembly/index.ts", "--config", "asconfig.json", "--target", "release"];
  const run = "Deno" in globalThis ? ["run", "--allow-all", asc] : [asc];
  await promisify(execFile)(process.execPath, [...run, ...options], { cwd: here });
  return true;
}

if (import.meta.main) await buildWasm();
