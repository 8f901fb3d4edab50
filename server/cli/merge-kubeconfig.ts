/** Adds one cluster to ~/.kube/config, only when asked; every other entry stays as it was. */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { parse, stringify } from "yaml";

interface NamedEntry {
  name: string;
}

interface KubeconfigFile {
  apiVersion: "v1";
  kind: "Config";
  clusters: NamedEntry[];
  users: NamedEntry[];
  contexts: NamedEntry[];
  "current-context": string;
}

function read(path: string): KubeconfigFile {
  const found: Partial<KubeconfigFile> | null = existsSync(path)
    ? parse(readFileSync(path, "utf8"))
    : null;
  return {
    ...found,
    apiVersion: "v1",
    kind: "Config",
    clusters: found?.clusters ?? [],
    users: found?.users ?? [],
    contexts: found?.contexts ?? [],
    "current-context": found?.["current-context"] ?? "",
  };
}

function replaced(into: readonly NamedEntry[], from: readonly NamedEntry[]): NamedEntry[] {
  const names = new Set(from.map(({ name }) => name));
  return [...into.filter(({ name }) => !names.has(name)), ...from];
}

export function mergeKubeconfig(home: string, addedPath: string): void {
  const path = join(home, ".kube/config");
  const into = read(path);
  const added = read(addedPath);
  const merged: KubeconfigFile = {
    ...into,
    clusters: replaced(into.clusters, added.clusters),
    users: replaced(into.users, added.users),
    contexts: replaced(into.contexts, added.contexts),
    "current-context": added["current-context"],
  };
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  writeFileSync(path, stringify(merged), { mode: 0o600 });
}
