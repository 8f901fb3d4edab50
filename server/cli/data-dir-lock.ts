/** One process at a time keeps a cluster in a data directory: a second would end the Postgres of the first with its own. */
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { messageOf } from "#apimachinery/error-message.ts";
import { UsageError } from "#cli/verb.ts";

/** When a process began, in ticks since the machine's start: a number may belong to another by now. */
function beginOf(pid: number): string | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    // "pid (name) state …": the name may hold anything.
    return stat.slice(stat.lastIndexOf(")") + 2).split(" ")[19];
  } catch {
    return undefined;
  }
}

function holderOf(file: string): number | undefined {
  let text: string;
  try {
    text = readFileSync(file, "utf8");
  } catch {
    return undefined;
  }
  const [pid = 0, begin = ""] = text.trim().split(" ");
  return begin !== "" && beginOf(Number(pid)) === begin ? Number(pid) : undefined;
}

/** Makes the directory and holds it; what it returns lets go. Throws UsageError. */
export function holdDataDir(directory: string): () => void {
  const file = join(directory, "kubun.pid");
  try {
    mkdirSync(directory, { recursive: true, mode: 0o755 });
    const holder = holderOf(file);
    if (holder !== undefined && holder !== process.pid) {
      const why = `the data directory ${directory} is in use by process ${holder}`;
      throw new UsageError(`${why}: stop that one, or choose another with --data-dir`);
    }
    writeFileSync(file, `${process.pid} ${beginOf(process.pid) ?? ""}\n`);
  } catch (error) {
    if (error instanceof UsageError) throw error;
    const why = `cannot keep anything in the data directory ${directory}`;
    throw new UsageError(`${why}: ${messageOf(error)}`);
  }
  return () => rmSync(file, { force: true });
}
