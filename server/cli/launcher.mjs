#!/usr/bin/env node
// The only file that plain Node runs: installs what is missing, builds the wasm if stale, then hands over to
// the product's runtime (Bun by default, Deno with KUBUN_RUNTIME=deno), both from node_modules.
import { spawn, spawnSync } from "node:child_process";
import { existsSync, readdirSync, realpathSync, statSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";

const root = join(dirname(realpathSync(fileURLToPath(import.meta.url))), "../..");
const [verb = "help", ...rest] = process.argv.slice(2);

/** Says what was done and how long it took, on its own line. */
function step(title, action) {
  const started = performance.now();
  process.stderr.write(`  ${title} … `);
  action();
  process.stderr.write(`${((performance.now() - started) / 1000).toFixed(1)} s\n`);
}

function run(command, args) {
  const { status, stdout, stderr } = spawnSync(command, args, { cwd: root, encoding: "utf8" });
  if (status === 0) return;
  process.stderr.write(`\n${stdout ?? ""}${stderr ?? ""}\n${command} ${args.join(" ")} failed\n`);
  process.exit(1);
}

const modified = (path) => (existsSync(path) ? statSync(path).mtimeMs : 0);

function newest(directory) {
  return readdirSync(directory, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && !entry.parentPath.includes("build"))
    .reduce((latest, entry) => Math.max(latest, modified(join(entry.parentPath, entry.name))), 0);
}

/** In the checkout only: once published, the package manager has installed everything already. */
function installMissing() {
  const lock = join(root, "package-lock.json");
  if (!existsSync(lock)) return;
  if (modified(join(root, "node_modules/.package-lock.json")) >= modified(lock)) return;
  step("installing packages", () => run("npm", ["ci", "--no-fund", "--no-audit"]));
}

function buildWasm() {
  const built = join(root, "scheduler-wasm/build/scheduler.wasm");
  const sources = join(root, "scheduler-wasm/assembly");
  if (!existsSync(sources) || modified(built) >= newest(sources)) return;
  step("building the scheduler's WebAssembly", () =>
    run(runtimeBinary("bun"), ["scheduler-wasm/build.ts"]),
  );
}

/**
 * npm may or may not have run the package's install script: with it Bun's binary was moved into the `bun`
 * package, without it it still lies in its platform package.
 */
function runtimeBinary(name) {
  const { platform, arch } = process;
  const bunPlatform = `@oven/bun-${platform}-${arch === "arm64" ? "aarch64" : arch}`;
  const candidates =
    name === "bun"
      ? [`${bunPlatform}/bin/bun`, `${bunPlatform}-baseline/bin/bun`, "bun/bin/bun.exe"]
      : [`@deno/${platform}-${arch}-glibc/deno`, `@deno/${platform}-${arch}/deno`, "deno/deno"];
  const resolver = createRequire(join(root, "package.json"));
  for (const modules of resolver.resolve.paths("x") ?? []) {
    const found = candidates.map((candidate) => join(modules, candidate)).find(existsSync);
    if (found !== undefined) return found;
  }
  process.stderr.write(`${name} is not installed for ${platform} ${arch}\n`);
  return process.exit(1);
}

/**
 * Bun's last compiler costs more than it gives here: a server's work is spread over thousands of functions, and
 * while they were compiled the first 20 000 creates of Pods took twice the processor time (8 s for 4.6 s). Ten
 * times its default of calls, it takes what is hot indeed: codecs, the scheduler's host.
 */
const bunSettings = { BUN_JSC_thresholdForFTLOptimizeAfterWarmUp: "1000000" };

/** The child owns the terminal: Ctrl-C reaches it directly, we only wait and pass other signals on. */
function handOver(command, args) {
  const env = { ...bunSettings, ...process.env };
  const child = spawn(command, args, { cwd: process.cwd(), stdio: "inherit", env });
  for (const signal of ["SIGTERM", "SIGHUP"]) process.on(signal, () => child.kill(signal));
  process.on("SIGINT", () => {});
  child.on("exit", (code, signal) => process.exit(code ?? (signal === "SIGINT" ? 130 : 1)));
}

installMissing();
buildWasm();
const scripts = { test: "tests/run.ts", bench: "tests/bench/main.ts" };
const script = verb === "run" ? rest.shift() : scripts[verb];
const target =
  script === undefined
    ? [join(root, "server/main.ts"), verb, ...rest]
    : [join(root, script), ...rest];
if (process.env.KUBUN_RUNTIME === "deno" && verb !== "test") {
  const config = ["--config", join(root, "deno.json")];
  handOver(runtimeBinary("deno"), ["run", "--allow-all", ...config, ...target]);
} else {
  handOver(runtimeBinary("bun"), target);
}
