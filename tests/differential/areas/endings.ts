/** How objects end, over histories: marks, finalizers that come and go, grace that is shortened, preconditions, writes to what is going, names that are taken again. */
import type { Choices } from "../random.ts";
import type { Answer, Question } from "../side.ts";
import type { Scenario } from "../world.ts";
import type { Area, Setting } from "./area.ts";
import { create, patch, read, remove, update } from "./questions.ts";

interface Ended {
  readonly title: string;
  readonly path: (namespace: string) => string;
  readonly body: object;
  /** A merge patch that raises the generation, where there is one. */
  readonly change: object;
  readonly status?: object;
}

const container = { name: "c", image: "i" };
const template = { metadata: { labels: { a: "b" } }, spec: { containers: [container] } };
const workload = { selector: { matchLabels: { a: "b" } }, template };

const ended: readonly Ended[] = [
  {
    title: "ConfigMap",
    path: (namespace) => `/api/v1/namespaces/${namespace}/configmaps`,
    body: {},
    change: { data: { x: "1" } },
  },
  {
    title: "Pod without a node",
    path: (namespace) => `/api/v1/namespaces/${namespace}/pods`,
    body: { spec: { containers: [container] } },
    change: { spec: { activeDeadlineSeconds: 9 } },
    status: { status: { phase: "Running" } },
  },
  {
    title: "Pod on a node",
    path: (namespace) => `/api/v1/namespaces/${namespace}/pods`,
    body: { spec: { containers: [container], nodeName: "n1", terminationGracePeriodSeconds: 20 } },
    change: { spec: { activeDeadlineSeconds: 9 } },
    status: { status: { phase: "Succeeded" } },
  },
  {
    title: "Deployment",
    path: (namespace) => `/apis/apps/v1/namespaces/${namespace}/deployments`,
    body: { spec: workload },
    change: { spec: { replicas: 3 } },
    status: { status: { replicas: 1 } },
  },
  {
    title: "ReplicationController",
    path: (namespace) => `/api/v1/namespaces/${namespace}/replicationcontrollers`,
    body: { spec: { selector: { a: "b" }, template } },
    change: { spec: { replicas: 3 } },
    status: { status: { replicas: 1 } },
  },
  {
    title: "Job",
    path: (namespace) => `/apis/batch/v1/namespaces/${namespace}/jobs`,
    body: {
      spec: { template: { spec: { restartPolicy: "Never", containers: [container] } } },
    },
    change: { spec: { parallelism: 3 } },
    status: { status: { active: 1 } },
  },
  {
    title: "PersistentVolumeClaim",
    path: (namespace) => `/api/v1/namespaces/${namespace}/persistentvolumeclaims`,
    body: {
      spec: {
        storageClassName: "none",
        accessModes: ["ReadWriteOnce"],
        resources: { requests: { storage: "1Gi" } },
      },
    },
    change: { metadata: { labels: { c: "d" } } },
    status: { status: { phase: "Pending" } },
  },
  {
    title: "Service",
    path: (namespace) => `/api/v1/namespaces/${namespace}/services`,
    body: { spec: { ports: [{ port: 80 }] } },
    change: { spec: { ports: [{ port: 81 }] } },
  },
];

const finalizers = [
  ["example.com/f"],
  ["example.com/f", "example.com/g"],
  ["foregroundDeletion"],
  ["orphan"],
  ["orphan", "foregroundDeletion"],
  ["example.com/g", "orphan"],
  [],
];

const owners = (uid: string) => [
  [{ apiVersion: "v1", kind: "ConfigMap", name: "owner", uid, blockOwnerDeletion: true }],
  [{ apiVersion: "v1", kind: "ConfigMap", name: "owner", uid, controller: true }],
  null,
];

/** Options that name versions and uids of the object's past. */
function optionsOf(choices: Choices) {
  const optional = <T>(share: number, values: readonly T[]): { readonly is?: T } =>
    choices.fraction() < share ? { is: choices.of(values) } : {};
  const policy = optional(0.5, ["Foreground", "Orphan", "Background"]);
  const grace = optional(0.5, [0, 1, 5, 20, 60, -1]);
  const legacy = policy.is === undefined ? optional(0.15, [true, false]) : {};
  const uid = optional(0.15, ["now", "first", "x"]);
  const version = optional(0.1, ["1"]);
  return (answers: readonly Answer[]) => {
    const known = answers.map(({ body }) => body?.metadata).filter((metadata) => metadata?.uid);
    const at = (word: string): number => (word === "now" ? known.length - 1 : 0);
    const named = (word: string | undefined, field: string): string | undefined =>
      word === undefined ? undefined : (known[at(word)]?.[field] ?? word);
    const preconditions = {
      uid: uid.is === "x" ? "x" : named(uid.is, "uid"),
      resourceVersion: version.is,
    };
    return {
      propagationPolicy: policy.is,
      gracePeriodSeconds: grace.is,
      orphanDependents: legacy.is,
      ...(uid.is === undefined && version.is === undefined ? {} : { preconditions }),
    };
  };
}

/** What happens to an object on its way, by the share of its kind. */
type Turn = (kind: Ended, path: string, choices: Choices) => { title: string; question: Asked };
type Asked = Question | ((answers: readonly Answer[]) => Question);

const turns: readonly (readonly [share: number, turn: Turn])[] = [
  [
    0.36,
    (_, path, choices) => {
      const options = optionsOf(choices);
      const question = (answers: readonly Answer[]) => remove(path, options(answers));
      return { title: `delete ${JSON.stringify(options([]))}`, question };
    },
  ],
  [
    0.2,
    (_, path, choices) => {
      const body = { metadata: { finalizers: choices.of(finalizers) } };
      const type = choices.of(["merge", "strategic"] as const);
      return {
        title: `finalizers ${type} ${JSON.stringify(body)}`,
        question: patch(type, path, body),
      };
    },
  ],
  [0.1, (kind, path) => ({ title: "change", question: patch("merge", path, kind.change) })],
  [
    0.08,
    (kind, path) => ({
      title: "status",
      question: patch("merge", `${path}/status`, kind.status ?? kind.change),
    }),
  ],
  [
    0.08,
    (_, path, choices) => {
      const metadata = choices.of([
        { deletionTimestamp: null },
        { deletionTimestamp: "2030-01-01T00:00:00Z" },
        { deletionGracePeriodSeconds: 3 },
        { deletionGracePeriodSeconds: null },
      ]);
      return {
        title: `patch ${JSON.stringify(metadata)}`,
        question: patch("merge", path, { metadata }),
      };
    },
  ],
  [
    0.08,
    (_, path, choices) => {
      const which = choices.below(3);
      const question = (answers: readonly Answer[]) => {
        const ownerReferences = owners(answers[0]?.body?.metadata?.uid ?? "x")[which];
        return patch("merge", path, { metadata: { ownerReferences } });
      };
      return { title: `owners ${which}`, question };
    },
  ],
  [
    0.06,
    (_, path) => ({
      title: "write back",
      question: (answers) => update(path, answers.findLast(({ body }) => body?.spec)?.body ?? {}),
    }),
  ],
  [0.04, (_, path) => ({ title: "read", question: read(path) })],
];

const turnsPerLife = 12;

async function lives(kind: Ended, setting: Setting): Promise<void> {
  const { choices, namespace } = setting;
  const collection = kind.path(namespace);
  for (let asked = 0; asked < setting.budget; asked += turnsPerLife + 5) {
    const scenario = setting.scenario();
    const name = `e${asked}`;
    const path = `${collection}/${name}`;
    const metadata = { name, finalizers: choices.of([[], ...finalizers]) };
    const body = { ...kind.body, metadata };
    await scenario.ask("create", create(collection, body));
    for (let turn = 0; turn < turnsPerLife; turn++) {
      if (choices.fraction() < 0.12) await scenario.ask("create again", create(collection, body));
      const { title, question } = drawn(choices)(kind, path, choices);
      await scenario.ask(title, question);
    }
    await clear(path, scenario);
  }
}

function drawn(choices: Choices): Turn {
  let dice = choices.fraction();
  for (const [share, turn] of turns) {
    if (dice < share) return turn;
    dice -= share;
  }
  return choices.of(turns)[1];
}

async function clear(path: string, scenario: Scenario): Promise<void> {
  await scenario.ask(
    "delete at last",
    remove(path, { gracePeriodSeconds: 0, propagationPolicy: "Background" }),
  );
  await scenario.ask("free", patch("merge", path, { metadata: { finalizers: null } }));
  await scenario.ask("read at last", read(path));
}

export const endings: Area = {
  name: "endings",
  weight: 2,
  parts: ended.map((kind) => ({ title: kind.title, run: (setting) => lives(kind, setting) })),
};
