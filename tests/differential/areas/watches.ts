/**
 * Watches over a history: seeded writes, then watches from before them, from between them and from the state, by selectors that
 * objects enter and leave, in every form. A watch from an exact version says the same whenever it is asked.
 */
import { bases } from "../bases.ts";
import type { Choices } from "../random.ts";
import type { Answer, Question } from "../side.ts";
import type { Scenario } from "../world.ts";
import type { Area, Setting } from "./area.ts";
import { create, patch, read, remove } from "./questions.ts";

interface Watched {
  readonly title: string;
  readonly path: (namespace: string) => string;
  readonly body: (choices: Choices) => object;
  /** Merge patches that change what selectors ask for, and what they do not. */
  readonly changes: readonly object[];
  /** Changes by a subresource, as merge patches. */
  readonly statuses?: readonly object[];
  readonly fields: readonly string[];
}

const container = { name: "c", image: "i" };

const watched: readonly Watched[] = [
  {
    title: "ConfigMap",
    path: (namespace) => `/api/v1/namespaces/${namespace}/configmaps`,
    body: () => ({ data: { x: "1" } }),
    changes: [{ data: { x: "2" } }, { data: { x: "1" } }, { data: null }, { immutable: true }],
    fields: ["metadata.name=o1", "metadata.name!=o1", "metadata.name=o1,metadata.name!=o2"],
  },
  {
    title: "Secret",
    path: (namespace) => `/api/v1/namespaces/${namespace}/secrets`,
    body: (choices) => ({ type: choices.of(["Opaque", "a/b"]), stringData: { x: "1" } }),
    changes: [{ stringData: { x: "2" } }, { stringData: { y: "2" } }],
    fields: ["type=Opaque", "type!=Opaque", "type=a/b,metadata.name=o1"],
  },
  {
    title: "Pod",
    path: (namespace) => `/api/v1/namespaces/${namespace}/pods`,
    body: (choices) => ({
      spec: {
        containers: [container],
        ...(choices.fraction() < 0.5 ? { nodeName: choices.of(["n1", "n2"]) } : {}),
        restartPolicy: choices.of(["Always", "Never"]),
      },
    }),
    changes: [
      { spec: { activeDeadlineSeconds: 5 } },
      { spec: { containers: [{ ...container, image: "j" }] } },
    ],
    statuses: ["Running", "Failed", "Succeeded", "Pending"].map((phase) => ({ status: { phase } })),
    fields: [
      "status.phase=Running",
      "status.phase!=Running",
      "spec.nodeName=n1",
      "spec.nodeName=",
      "spec.restartPolicy=Never,status.phase=Pending",
    ],
  },
  {
    title: "ReplicationController",
    path: (namespace) => `/api/v1/namespaces/${namespace}/replicationcontrollers`,
    body: () => ({
      spec: {
        replicas: 0,
        selector: { a: "b" },
        template: { metadata: { labels: { a: "b" } }, spec: { containers: [container] } },
      },
    }),
    changes: [{ spec: { replicas: 1 } }, { spec: { replicas: 0 } }],
    statuses: [{ status: { replicas: 1 } }, { status: { replicas: 0 } }],
    fields: ["status.replicas=1", "status.replicas!=1", "metadata.name=o2"],
  },
];

const labelings: readonly object[] = [{ a: "b" }, { a: "c" }, { a: "b", d: "e" }, { d: "e" }, {}];
const selectors = ["a=b", "a!=b", "a", "!a", "a in (b,c)", "d=e,a", "a notin (c)"];
const finalizers: readonly (readonly string[])[] = [
  ["example.com/f"],
  ["example.com/f", "example.com/g"],
  [],
];
const names = ["o0", "o1", "o2", "o3"];

/** One write; by chance it is refused alike. */
async function write(kind: Watched, setting: Setting, scenario: Scenario): Promise<void> {
  const { choices, namespace } = setting;
  const collection = kind.path(namespace);
  const name = choices.of(names);
  const path = `${collection}/${name}`;
  const dice = choices.fraction();
  const merge = (body: unknown, to = path): Question => patch("merge", to, body);
  if (dice < 0.3) {
    const metadata = {
      name,
      labels: choices.of(labelings),
      finalizers: choices.of([[], ...finalizers]),
    };
    await scenario.ask(`create ${name}`, create(collection, { ...kind.body(choices), metadata }));
  } else if (dice < 0.5) {
    const labels = { a: null, d: null, ...choices.of(labelings) };
    await scenario.ask(`label ${name} ${JSON.stringify(labels)}`, merge({ metadata: { labels } }));
  } else if (dice < 0.62) {
    const change = choices.of(kind.changes);
    await scenario.ask(`change ${name} ${JSON.stringify(change)}`, merge(change));
  } else if (dice < 0.74) {
    const change = choices.of(kind.statuses ?? kind.changes);
    const to = kind.statuses === undefined ? path : `${path}/status`;
    await scenario.ask(`status ${name} ${JSON.stringify(change)}`, merge(change, to));
  } else if (dice < 0.82) {
    const body = { metadata: { finalizers: choices.of(finalizers) } };
    await scenario.ask(`finalizers ${name} ${JSON.stringify(body)}`, merge(body));
  } else if (dice < 0.96) {
    const grace = choices.of([
      {},
      ...[0, 1, 5].map((gracePeriodSeconds) => ({ gracePeriodSeconds })),
    ]);
    const policies = ["Foreground", "Orphan", "Background"];
    const propagation = choices.of([
      {},
      {},
      ...policies.map((propagationPolicy) => ({ propagationPolicy })),
    ]);
    const body = { ...grace, ...propagation };
    await scenario.ask(`delete ${name} ${JSON.stringify(body)}`, remove(path, body));
  } else {
    const query = `?labelSelector=${encodeURIComponent(choices.of(selectors))}`;
    await scenario.ask(
      `delete collection ${query}`,
      remove(collection + query, { gracePeriodSeconds: 0 }),
    );
  }
}

const accepts = [
  "application/json",
  "application/json",
  "application/json",
  "application/vnd.kubernetes.protobuf",
  "application/json;as=Table;v=v1;g=meta.k8s.io",
  "application/json;as=PartialObjectMetadata;v=v1;g=meta.k8s.io",
  "application/vnd.kubernetes.protobuf;as=PartialObjectMetadata;v=v1;g=meta.k8s.io",
  "application/json;as=PartialObjectMetadataList;v=v1;g=meta.k8s.io",
  "application/yaml",
];

const versions = ["start", "start", "start", "between", "between", "last", "", "0"];

/** The version that a side knows under that word. */
function versionOf(word: string, between: number, answers: readonly Answer[]): string {
  const known = answers.map(({ body }) => body?.metadata?.resourceVersion).filter(Boolean);
  if (word === "start") return known[0] ?? "";
  if (word === "last") return known.at(-1) ?? "";
  return word === "between" ? (known[1 + (between % Math.max(1, known.length - 1))] ?? "") : word;
}

/** Long enough that all of the past is told, and what a bookmark says two seconds before the end. */
const seconds = { short: 2, withBookmark: 4 };

function watchOf(kind: Watched, { choices, namespace }: Setting) {
  const maybe = (share: number, value: () => string): string | undefined =>
    choices.fraction() < share ? value() : undefined;
  const accept = choices.of(accepts);
  const version = choices.of(versions);
  const between = choices.below(100);
  const initial = choices.fraction() < 0.3;
  const asked = {
    labelSelector: maybe(0.6, () => choices.of(selectors)),
    fieldSelector: maybe(0.4, () => choices.of(kind.fields)),
    allowWatchBookmarks: maybe(0.4, () => choices.of(["true", "false", "1"])),
    sendInitialEvents: initial ? choices.of(["true", "true", "false"]) : undefined,
    resourceVersionMatch: initial
      ? choices.of(["NotOlderThan", "NotOlderThan", "NotOlderThan", "", "Exact"])
      : maybe(0.06, () => choices.of(["NotOlderThan", "Exact", "x"])),
    limit: maybe(0.08, () => "1"),
    continue: maybe(0.03, () => "x"),
    includeObject: maybe(0.1, () => choices.of(["None", "Object"])),
    timeoutSeconds: `${choices.fraction() < 0.1 ? seconds.withBookmark : seconds.short}`,
  };
  const title = `watch from ${version} ${between} as ${accept} ${JSON.stringify(asked)}`;
  const question = (answers: readonly Answer[]): Question => {
    const query = new URLSearchParams({ watch: "true" });
    for (const [name, value] of Object.entries(asked))
      if (value !== undefined && value !== "") query.set(name, value);
    const resourceVersion = versionOf(version, between, answers);
    if (resourceVersion !== "") query.set("resourceVersion", resourceVersion);
    return read(`${kind.path(namespace)}?${query}`, accept);
  };
  return { title, question };
}

const writesPerHistory = 14;
const watchesPerHistory = 16;

async function histories(kind: Watched, setting: Setting): Promise<void> {
  const each = writesPerHistory + watchesPerHistory;
  for (let asked = 0; asked < setting.budget; asked += each) {
    const scenario = setting.scenario();
    const collection = kind.path(setting.namespace);
    await scenario.ask("list at first", read(collection));
    for (let turn = 0; turn < writesPerHistory; turn++) await write(kind, setting, scenario);
    // What is read now is known to every cache.
    await scenario.ask("list at last", read(collection));
    const watches = Array.from({ length: watchesPerHistory }, () => watchOf(kind, setting));
    await scenario.together(watches);
    await clear(kind, setting, scenario);
  }
}

async function clear(kind: Watched, { namespace }: Setting, scenario: Scenario): Promise<void> {
  const collection = kind.path(namespace);
  for (const name of names) {
    const path = `${collection}/${name}`;
    await scenario.ask(`delete ${name}`, remove(path, { gracePeriodSeconds: 0 }));
    await scenario.ask(`free ${name}`, patch("merge", path, { metadata: { finalizers: null } }));
  }
}

const stateOfNone = new URLSearchParams({
  watch: "true",
  sendInitialEvents: "true",
  resourceVersionMatch: "NotOlderThan",
  allowWatchBookmarks: "true",
  timeoutSeconds: "2",
  labelSelector: "no-object=has-it",
});

const resources = [...new Set(bases.filter(({ stored }) => stored).map(({ plural }) => plural))];

const watchedAtOnce = 115;

/** The bookmark after no objects, of every resource, in every form. */
async function firstBookmarks({ namespace, scenario }: Setting): Promise<void> {
  const questions = resources.flatMap((plural) => {
    const path = bases.find((base) => base.stored && base.plural === plural)?.path(namespace);
    return accepts.slice(2).map((accept) => ({
      title: `state of no ${plural} as ${accept}`,
      question: read(`${path}?${stateOfNone}`, accept),
    }));
  });
  for (let at = 0; at < questions.length; at += watchedAtOnce)
    await scenario().together(questions.slice(at, at + watchedAtOnce));
}

export const watches: Area = {
  name: "watches",
  weight: 2,
  parts: [
    { title: "first bookmarks", run: firstBookmarks },
    ...watched.map((kind) => ({
      title: kind.title,
      run: (setting: Setting) => histories(kind, setting),
    })),
  ],
};
