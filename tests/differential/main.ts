/**
 * `npm run differential -- [--seed N] [--count N] [--stock KUBECONFIG] [--ours KUBECONFIG]`: asks a stock server and
 * ours the same questions (creates with one thing broken, updates, patches, selectors, field validation, rights of
 * random roles; all but a namespace of its own as a dry run) and compares code, reason, causes, warnings and object.
 * Prints each difference, a summary as its last line; exit code 1 when there is any.
 */
import { homedir } from "node:os";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { parseArgs } from "node:util";
import { differenceOf } from "./compare.ts";
import { type Corpus, corpusOf, randomRole, roleSubjects } from "./corpus.ts";
import { Choices } from "./random.ts";
import { ownSide, remoteSide, type Side } from "./side.ts";

const { values } = parseArgs({
  args: process.argv.slice(2).filter((argument) => argument !== "--"),
  options: {
    seed: { type: "string", default: "1" },
    count: { type: "string", default: "2000" },
    stock: {
      type: "string",
      default: join(homedir(), ".cache/kubun-peers/state/admin.kubeconfig"),
    },
    ours: { type: "string" },
  },
});

const accountTries = 100;
const accountWaitMs = 100;

/** The namespace with its default account, and what the questions are about. */
async function prepare(side: Side, { namespace, stored }: Corpus, seed: number): Promise<void> {
  await side.ask({
    method: "POST",
    path: "/api/v1/namespaces",
    body: { metadata: { name: namespace } },
  });
  const accounts = `/api/v1/namespaces/${namespace}/serviceaccounts`;
  for (let attempt = 0; attempt < accountTries; attempt++) {
    const { code } = await side.ask({ method: "GET", path: `${accounts}/default` });
    if (code === 200) break;
    // Without a controller nobody else makes it.
    if (attempt === 20)
      await side.ask({ method: "POST", path: accounts, body: { metadata: { name: "default" } } });
    await setTimeout(accountWaitMs);
  }
  for (const question of stored) await side.ask(question);
  const choices = new Choices(seed);
  const rbac = `/apis/rbac.authorization.k8s.io/v1/namespaces/${namespace}`;
  for (const user of roleSubjects) {
    await side.ask({ method: "POST", path: `${rbac}/roles`, body: randomRole(choices, user) });
    const subjects = [{ kind: "User", name: user, apiGroup: "rbac.authorization.k8s.io" }];
    const roleRef = { kind: "Role", name: user, apiGroup: "rbac.authorization.k8s.io" };
    const body = { metadata: { name: user }, subjects, roleRef };
    await side.ask({ method: "POST", path: `${rbac}/rolebindings`, body });
  }
}

/** With what controllers hold by finalizers, and would never let go of after its owner. */
async function leave(side: Side, { namespace }: Corpus): Promise<void> {
  const path = `/api/v1/namespaces/${namespace}`;
  await side.ask({ method: "DELETE", path });
  for (const plural of ["pods", "persistentvolumeclaims"]) {
    const { body } = await side.ask({ method: "GET", path: `${path}/${plural}` });
    for (const { metadata } of body?.items ?? [])
      await side.ask({
        method: "PATCH",
        path: `${path}/${plural}/${metadata.name}`,
        contentType: "application/merge-patch+json",
        body: { metadata: { finalizers: null } },
      });
  }
}

async function run(stock: Side, ours: Side): Promise<number> {
  const seed = Number(values.seed);
  const corpus = corpusOf(seed, Number(values.count));
  await Promise.all([prepare(stock, corpus, seed), prepare(ours, corpus, seed)]);
  let differing = 0;
  try {
    for (const one of corpus.cases) {
      const [wanted, got] = await Promise.all([stock.ask(one), ours.ask(one)]);
      const difference = differenceOf(wanted, got, one.title);
      if (difference === undefined) continue;
      differing++;
      console.log(`${one.title}: ${difference}`);
    }
  } finally {
    await leave(stock, corpus);
    if (values.ours !== undefined) await leave(ours, corpus);
  }
  console.log(`seed ${seed}: ${corpus.cases.length - differing} of ${corpus.cases.length} alike`);
  return differing;
}

const stock = remoteSide(values.stock);
const ours = values.ours === undefined ? await ownSide() : remoteSide(values.ours);
try {
  process.exitCode = (await run(stock, ours)) === 0 ? 0 : 1;
} finally {
  await stock.close();
  await ours.close();
}
