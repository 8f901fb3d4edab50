/**
 * `bun proto/import-facts.ts DIR`: takes over upstream's published facts from DIR (see proto/README.md):
 * the wire definitions as .proto files, the API's documents as proto/facts, and upstream's samples of every
 * kind as one bundle for the tests. `npm run gen` makes code of them.
 */
import { cpSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { gzipSync } from "node:zlib";
import { importsOf, type PackageFacts, renderProto } from "./import/write-proto.ts";

/** Packages outside k8s.io whose file does not follow from the package's name. */
const wireFiles: Readonly<Record<string, string>> = {
  "runtime.v1": "cri/runtime/v1/api.proto",
};

/** `k8s.io.kube_aggregator.pkg.apis.apiregistration.v1` -> its file, named as upstream's Go package. */
function protoPath(packageName: string): string {
  const known = wireFiles[packageName];
  if (known !== undefined) return known;
  const path = packageName.slice("k8s.io.".length).replaceAll(".", "/").replaceAll("_", "-");
  return `k8s.io/${path}/generated.proto`;
}

function readPackages(directory: string): Map<string, PackageFacts> {
  const packages = new Map<string, PackageFacts>();
  for (const file of readdirSync(directory).sort()) {
    const facts: PackageFacts = JSON.parse(readFileSync(join(directory, file), "utf8"));
    const served = /^k8s\.io\.(api\.|apimachinery|apiextensions|kube_aggregator)/;
    if (served.test(facts.package) || wireFiles[facts.package] !== undefined)
      packages.set(facts.package, facts);
  }
  return packages;
}

function importWireDefinitions(from: string, proto: string): void {
  const packages = readPackages(from);
  const known = new Set(packages.keys());
  for (const room of ["k8s.io", "cri"]) rmSync(join(proto, room), { recursive: true, force: true });
  for (const facts of packages.values()) {
    if (Object.keys(facts.messages).length === 0) continue;
    const path = join(proto, protoPath(facts.package));
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, renderProto(facts, importsOf(facts, known), protoPath));
  }
}

/** Documents that npm run gen and the API server read as they are. */
const documents = [
  "discovery",
  "openapi-v3",
  "openapi-v2.json",
  "start-objects",
  "table-columns.json",
];

/** One line a kind: its name, upstream's JSON, upstream's protobuf in base64. */
function bundleSamples(from: string, bundle: string): void {
  const lines = readdirSync(from)
    .filter((file) => file.endsWith(".json"))
    .sort()
    .map((file) => {
      const name = file.slice(0, -".json".length);
      const json: unknown = JSON.parse(readFileSync(join(from, file), "utf8"));
      const protobuf = readFileSync(join(from, `${name}.pb`)).toString("base64");
      return JSON.stringify({ name, json, protobuf });
    });
  mkdirSync(dirname(bundle), { recursive: true });
  writeFileSync(bundle, gzipSync(`${lines.join("\n")}\n`, { level: 9 }));
}

const [, , directory] = process.argv;
if (directory === undefined) throw new Error("usage: bun proto/import-facts.ts DIR");
const proto = import.meta.dirname;
importWireDefinitions(join(directory, "protobuf"), proto);
for (const document of documents) {
  cpSync(join(directory, document), join(proto, "facts", document), { recursive: true });
}
bundleSamples(join(directory, "roundtrip"), join(proto, "../tests/golden/roundtrip.jsonl.gz"));
