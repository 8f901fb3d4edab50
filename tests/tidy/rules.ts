/**
 * The house rules as pure functions over a file's path and text; each returns its complaints.
 * tidy.test.ts runs them over the tree, and each over a planted violation.
 */

/** What a folder under server/ may import, beside itself. ARCHITECTURE.md draws the levels. */
export const mayImport: Readonly<Record<string, readonly string[]>> = {
  gen: [],
  telemetry: [],
  streaming: [],
  apimachinery: ["gen"],
  resources: ["apimachinery", "gen"],
  storage: ["apimachinery", "gen", "telemetry"],
  client: ["apimachinery", "resources", "gen", "telemetry"],
  apiserver: ["apimachinery", "resources", "storage", "streaming", "gen", "telemetry"],
  controllers: ["apimachinery", "resources", "client", "gen", "telemetry"],
  scheduler: ["apimachinery", "resources", "client", "gen", "telemetry"],
  kubelet: ["apimachinery", "resources", "client", "streaming", "gen", "telemetry"],
};

/** Composition roots: they wire everything, and only they may read the machine's arguments and environment. */
const rootFolders = new Set(["cli"]);

const importPattern = /(?:from|import)\s*\(?\s*["']([^"']+)["']/g;

export function folderOf(path: string): string {
  return /^server\/([^/]+)\//.exec(path)?.[1] ?? "";
}

export function misdirected(path: string, text: string): string[] {
  const folder = folderOf(path);
  const complaints: string[] = [];
  for (const [, target = ""] of text.matchAll(importPattern)) {
    // #folder/ names rooms of server/; asc and the tests know relative paths only.
    const mayClimb = !path.startsWith("server/");
    if (target.startsWith("../") && !mayClimb)
      complaints.push(`${path}: "${target}" climbs; write #folder/…`);
    if (folder === "" || rootFolders.has(folder)) continue;
    const other = /^#([^/]+)\//.exec(target)?.[1];
    if (other === undefined || other === folder) continue;
    if (path.endsWith(".test.ts") && folder !== "apimachinery") continue;
    if (!(mayImport[folder] ?? []).includes(other)) {
      complaints.push(`${path}: ${folder} may not import #${other}`);
    }
    if (folder === "apiserver" && target.startsWith("#storage/postgres/")) {
      complaints.push(`${path}: the API server knows the store's port only, not ${target}`);
    }
  }
  return complaints;
}

interface BannedWord {
  readonly word: RegExp;
  readonly instead: string;
}

const clockAndChance: readonly BannedWord[] = [
  { word: /\bDate\.now\(/, instead: "a `now` parameter" },
  { word: /\bnew Date\(\)/, instead: "a `now` parameter" },
  { word: /\bMath\.random\(/, instead: "a `random` parameter" },
  { word: /\brandomUUID\(/, instead: "a uid parameter" },
  { word: /\bsetTimeout\(|\bsetInterval\(/, instead: "an effect for the edge to perform" },
  { word: /\bfetch\(/, instead: "a Transport" },
];

const environment: readonly BannedWord[] = [
  { word: /\bprocess\.env\b/, instead: "an option read in server/config.ts" },
  { word: /\bprocess\.argv\b/, instead: "an option read in server/config.ts" },
];

const everywhere: readonly BannedWord[] = [
  { word: /\bTODO\b|\bFIXME\b|\bXXX\b/, instead: "the thing itself, or a line in README's table" },
  { word: /@ts-ignore|@ts-nocheck/, instead: "a type that holds" },
  { word: /registry\.npmjs|\/root\/|\/work\//, instead: "no addresses or paths of a machine" },
];

/** Pure rooms: time, chance and the world are parameters. */
function isPure(path: string): boolean {
  if (path.endsWith(".test.ts")) return false;
  if (/^server\/(apimachinery|resources)\//.test(path)) return true;
  if (/^server\/controllers\/.*\/reconcile\.ts$/.test(path)) return true;
  return [
    "server/kubelet/sync-pod.ts",
    "server/kubelet/status.ts",
    "server/scheduler/queue.ts",
  ].includes(path);
}

function readsEnvironment(path: string): boolean {
  if (path === "server/cli/launcher.mjs") return true;
  return path === "server/config.ts" || !path.startsWith("server/") || path.endsWith(".test.ts");
}

/** Comments may name a banned word; code may not. */
function withoutComments(text: string): string {
  return text.replace(/\/\*[\s\S]*?\*\//g, "").replace(/^\s*\/\/.*$/gm, "");
}

export function bannedWords(path: string, text: string): string[] {
  const code = withoutComments(text);
  const rules = [
    ...(isPure(path) ? clockAndChance : []),
    ...(readsEnvironment(path) ? [] : environment),
  ];
  const complain = (subject: string, list: readonly BannedWord[]): string[] =>
    list
      .filter(({ word }) => word.test(subject))
      .map(({ word, instead }) => `${path}: ${word.source}; write ${instead}`);
  return [
    ...complain(code, rules),
    ...(path === "tests/tidy/rules.ts" ? [] : complain(text, everywhere)),
  ];
}

/** Files longer than a reader's patience: which two things live in it? */
export const linesMax = 500;
export const linesMedianMax = 120;

export function tooLong(path: string, text: string): string[] {
  const lines = text.split("\n").length - 1;
  return lines > linesMax ? [`${path}: ${lines} lines, at most ${linesMax}`] : [];
}

export function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;
}

export function misnamed(path: string): string[] {
  const name = path.split("/").at(-1) ?? "";
  if (/^(utils?|helpers?|common|manager|misc)\b/.test(name)) {
    return [`${path}: say what is inside, in Kubernetes' words`];
  }
  return /^[a-z0-9]+([.-][a-z0-9]+)*$/.test(name) ? [] : [`${path}: kebab-case, please`];
}
