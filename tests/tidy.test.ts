/** The house rules, proven over the tree and each on a planted violation. See tests/tidy/rules.ts. */
import { expect, test } from "bun:test";
import { spawnSync } from "node:child_process";
import {
  copyFileSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  bannedWords,
  linesMedianMax,
  median,
  misdirected,
  misnamed,
  tooLong,
} from "./tidy/rules.ts";

const root = join(import.meta.dirname, "..");

function sources(folder: string): string[] {
  return readdirSync(join(root, folder), { recursive: true, encoding: "utf8" })
    .map((path) => `${folder}/${path}`)
    .filter((path) => /\.(ts|mjs)$/.test(path) && !/^server\/gen\/|\/build\//.test(path));
}

const files = ["server", "scheduler-wasm", "tests", "proto"].flatMap(sources);
const textOf = new Map(files.map((path) => [path, readFileSync(join(root, path), "utf8")]));

function complaints(rule: (path: string, text: string) => string[]): string[] {
  return [...textOf].flatMap(([path, text]) => rule(path, text));
}

test("the tree is scanned at all", () => expect(files.length).toBeGreaterThan(50));

test("imports point down", () => {
  expect(complaints(misdirected)).toEqual([]);
});

test("planted: an import that points up, sideways or climbs is seen", () => {
  const planted = `import { a } from "#apiserver/app.ts";\nimport { b } from "${".."}/x.ts";`;
  expect(misdirected("server/apimachinery/x.ts", planted)).toHaveLength(2);
  expect(
    misdirected("server/controllers/x.ts", 'import { a } from "#scheduler/queue.ts"'),
  ).toHaveLength(1);
  const port = 'import { a } from "#storage/postgres/driver.ts"';
  expect(misdirected("server/apiserver/x.ts", port)).toHaveLength(1);
  expect(misdirected("server/apiserver/x.ts", 'import { a } from "#storage/storage.ts"')).toEqual(
    [],
  );
});

test("banned words", () => {
  expect(complaints(bannedWords)).toEqual([]);
});

test("planted: clock, chance, environment and leftovers are seen", () => {
  for (const word of [
    "Date.now()",
    "new Date()",
    "Math.random()",
    "setTimeout(f, 1)",
    "fetch(u)",
  ]) {
    expect(bannedWords("server/controllers/job/reconcile.ts", word)).toHaveLength(1);
    expect(bannedWords("server/controllers/runner.ts", word)).toEqual([]);
  }
  expect(bannedWords("server/kubelet/agent.ts", "process.env.HOME")).toHaveLength(1);
  expect(bannedWords("server/config.ts", "process.env.HOME")).toEqual([]);
  expect(bannedWords("server/cli/up.ts", `// ${"TO"}DO later`)).toHaveLength(1);
  expect(bannedWords("server/kubelet/sync-pod.ts", "// Date.now( is banned here")).toEqual([]);
});

test("file sizes", () => {
  expect(complaints(tooLong)).toEqual([]);
  const lengths = [...textOf]
    .filter(([path]) => path.startsWith("server/"))
    .map(([, text]) => text.split("\n").length);
  expect(median(lengths)).toBeLessThanOrEqual(linesMedianMax);
});

test("planted: a long file is seen", () => {
  expect(tooLong("server/x.ts", "\n".repeat(501))).toHaveLength(1);
  expect(tooLong("server/x.ts", "\n".repeat(500))).toEqual([]);
  expect(median([1, 500, 2])).toBe(2);
});

test("file names", () => {
  expect(files.flatMap(misnamed)).toEqual([]);
});

test("planted: a vague or camel-cased name is seen", () => {
  expect(misnamed("server/kubelet/utils.ts")).toHaveLength(1);
  expect(misnamed("server/kubelet/podWorker.ts")).toHaveLength(1);
  expect(misnamed("server/kubelet/pod-worker.test.ts")).toEqual([]);
});

test("planted: the linter refuses a long function, any and a non-null assertion", () => {
  const lint = (text: string): string => {
    const room = mkdtempSync(join(tmpdir(), "planted-"));
    copyFileSync(join(root, "biome.json"), join(room, "biome.json"));
    writeFileSync(join(room, "x.ts"), text);
    const { stdout, stderr } = spawnSync(join(root, "node_modules/.bin/biome"), ["lint", "."], {
      cwd: room,
      encoding: "utf8",
    });
    rmSync(room, { recursive: true });
    return stdout + stderr;
  };
  const long = `export function f(): void {\n${"  console.log(1);\n".repeat(80)}}\n`;
  expect(lint(long)).toContain("noExcessiveLinesPerFunction");
  expect(lint("export const a: any = 1;\n")).toContain("noExplicitAny");
  expect(lint("export const a = (x?: string) => x!.length;\n")).toContain("noNonNullAssertion");
});
