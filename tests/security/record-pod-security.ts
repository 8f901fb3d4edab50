/**
 * `bun tests/security/record-pod-security.ts KUBECONFIG FILE`: asks a stock server what it says of random pods under a random
 * level and version of the Pod Security Standards, and writes its sentences, one case a line.
 */
import { writeFileSync } from "node:fs";
import { gzipSync } from "node:zlib";
import { securedPod } from "#tests/differential/areas/secured.ts";
import { Choices } from "#tests/differential/random.ts";
import { remoteSide, type Side } from "#tests/differential/side.ts";
import type { SecuredCase } from "./secured-cases.ts";

const namespaces = 60;
const podsEach = 12;
const minorMax = 38;

/** A namespace whose pods are warned of; undefined of a pod: not valid, so nothing is said of it. */
async function casesIn(stock: Side, index: number): Promise<SecuredCase[]> {
  const choices = new Choices(index);
  const level = choices.of(["baseline", "restricted", "restricted"]);
  const version = choices.fraction() < 0.3 ? "latest" : `v1.${choices.below(minorMax)}`;
  const prefix = "pod-security.kubernetes.io";
  const labels = { [`${prefix}/warn`]: level, [`${prefix}/warn-version`]: version };
  const name = `secured-${index}`;
  const all = "/api/v1/namespaces";
  await stock.ask({ method: "POST", path: all, body: { metadata: { name, labels } } });
  const accounts = `${all}/${name}/serviceaccounts`;
  await stock.ask({ method: "POST", path: accounts, body: { metadata: { name: "default" } } });
  const cases: SecuredCase[] = [];
  for (let turn = 0; turn < podsEach; turn++) {
    const pod = securedPod(choices, "p");
    const path = `${all}/${name}/pods?dryRun=All`;
    const { code, warnings } = await stock.ask({ method: "POST", path, body: pod });
    if (code !== 201) continue;
    const [, said = ""] =
      /PodSecurity .*?": (.*)/s.exec(
        warnings.find((one) => one.startsWith("would violate")) ?? "",
      ) ?? [];
    cases.push({ level, version, pod, said: said.replaceAll('\\"', '"') });
  }
  await stock.ask({ method: "DELETE", path: `${all}/${name}` });
  return cases;
}

const [kubeconfig = "", file = ""] = process.argv.slice(2);
const stock = remoteSide(kubeconfig);
const lines: string[] = [];
for (let index = 0; index < namespaces; index++)
  for (const one of await casesIn(stock, index)) lines.push(JSON.stringify(one));
await stock.close();
writeFileSync(file, gzipSync(`${lines.join("\n")}\n`, { level: 9 }));
console.log(`${lines.length} cases`);
