/**
 * Who manages what, over histories: creates, updates, patches of every kind and applies by many managers, through subresources and other
 * versions; from client-side to server-side apply; entries that are reset, taken back to older ones, broken.
 */
import type { Choices } from "../random.ts";
import type { Answer, Question } from "../side.ts";
import type { Asked } from "../world.ts";
import type { Area, Setting } from "./area.ts";
import { type Managed, managed } from "./managed-kinds.ts";
import { create, patch, read, remove, update } from "./questions.ts";

const lastApplied = "kubectl.kubernetes.io/last-applied-configuration";
const clientSide = "kubectl-client-side-apply";

interface Turned {
  readonly title: string;
  readonly question: Asked;
}

/** What was last said of the object; undefined: nothing yet. */
const lastOf = (answers: readonly Answer[], { kind }: Managed) =>
  answers.findLast(({ code, body }) => code < 300 && body?.kind === kind)?.body;

const time = "2026-01-02T03:04:05Z";

/** Entries as clients make them, few of them right. */
const entries: readonly ((choices: Choices) => unknown)[] = [
  () => [],
  () => [{}],
  () => null,
  () => [{}, {}],
  (choices) => {
    const one = {
      manager: choices.of(["one", "two", clientSide, "", "x".repeat(129)]),
      operation: choices.of(["Update", "Update", "Apply", "", "x"]),
      apiVersion: choices.of(["v1", "apps/v1", "apps/v1beta1", "x/y/z", ""]),
      time: choices.of([time, time, null]),
      fieldsType: choices.of(["FieldsV1", "FieldsV1", "FieldsV1", "FieldsV2", ""]),
      fieldsV1: choices.of<unknown>([
        { "f:metadata": { "f:labels": { ".": {}, "f:a": {} } } },
        { "f:spec": { "f:replicas": {} }, "f:data": { "f:x": {} } },
        { "f:gone": {} },
        { nonsense: {} },
        {},
        null,
      ]),
      ...(choices.fraction() < 0.2 ? { subresource: choices.of(["status", "scale", "x"]) } : {}),
    };
    return choices.fraction() < 0.8 ? [one] : [one, one];
  },
];

const managers = ["one", "two", "kubectl", "three"];

class History {
  readonly #choices: Choices;
  readonly #kind: Managed;
  readonly #namespace: string;
  readonly #name: string;

  constructor(kind: Managed, { choices, namespace }: Setting, name: string) {
    this.#kind = kind;
    this.#choices = choices;
    this.#namespace = namespace;
    this.#name = name;
  }

  #path(version: string, subresource = ""): string {
    const collection = this.#kind.path(version, this.#namespace);
    return `${collection}/${this.#name}${subresource}`;
  }

  #query(...more: readonly string[]): string {
    const choices = this.#choices;
    const manager = choices.of([...managers, ...managers, ""]);
    const options = [
      ...(manager === "" ? [] : [`fieldManager=${manager}`]),
      ...(choices.fraction() < 0.07 ? ["dryRun=All"] : []),
      ...more,
    ];
    return options.length === 0 ? "" : `?${options.join("&")}`;
  }

  turn(): Turned {
    const dice = this.#choices.fraction();
    const turns: readonly (readonly [share: number, turn: () => Turned])[] = [
      [0.08, () => this.created()],
      [0.14, () => this.#writtenBack()],
      [0.16, () => this.#patched()],
      [0.25, () => this.#applied()],
      [0.1, () => this.#clientSide()],
      [0.1, () => this.#status()],
      [this.#kind.scaled ? 0.08 : 0, () => this.#scaled()],
    ];
    let below = 0;
    for (const [share, turn] of turns) {
      below += share;
      if (dice < below) return turn();
    }
    return this.#edited();
  }

  #annotated(config: object): { readonly metadata: object } {
    const text = `${JSON.stringify({ ...config, metadata: { name: this.#name, annotations: {} } })}\n`;
    return { metadata: { annotations: { [lastApplied]: text } } };
  }

  created(): Turned {
    const choices = this.#choices;
    const version = choices.of(this.#kind.versions);
    const body = this.#kind.whole(version, choices);
    const dice = choices.fraction();
    const more =
      dice < 0.3
        ? this.#annotated(body)
        : { metadata: dice < 0.5 ? { managedFields: choices.of(entries)(choices) } : {} };
    const metadata = { ...body.metadata, ...more.metadata, name: this.#name };
    const query = dice < 0.3 ? `?fieldManager=${clientSide}` : this.#query();
    const path = `${this.#kind.path(version, this.#namespace)}${query}`;
    const sent = { ...body, metadata };
    return { title: `create ${path} ${JSON.stringify(sent)}`, question: create(path, sent) };
  }

  /** Of what was read: whole, or with the managers of an older time. */
  #writtenBack(): Turned {
    const choices = this.#choices;
    const version = choices.of(this.#kind.versions);
    const path = `${this.#path(version)}${this.#query()}`;
    const config = this.#kind.part(version, choices);
    const how = choices.of(["as read", "as read", "older", "without", "one alone"]);
    const question = (answers: readonly Answer[]): Question => {
      const { metadata, ...rest } = lastOf(answers, this.#kind) ?? {
        metadata: { name: this.#name },
      };
      const older = answers.find(({ body }) => body?.metadata?.managedFields)?.body;
      const { resourceVersion: _, managedFields, ...known } = metadata;
      const fields = {
        "as read": managedFields,
        older: older?.metadata.managedFields,
        without: undefined,
        // Which comes first is a matter of seconds.
        "one alone": managedFields?.filter(({ manager }: { manager: string }) => manager === "one"),
      }[how];
      const merged = { ...rest, ...config, spec: { ...rest.spec, ...config.spec } };
      const { labels } = config.metadata ?? {};
      return update(path, { ...merged, metadata: { ...known, managedFields: fields, labels } });
    };
    return { title: `update ${path} ${how} ${JSON.stringify(config)}`, question };
  }

  #patched(): Turned {
    const choices = this.#choices;
    const version = choices.of(this.#kind.versions);
    const path = `${this.#path(version)}${this.#query()}`;
    const { apiVersion: _, kind: __, ...body } = this.#kind.part(version, choices);
    const type = choices.of(["merge", "strategic"] as const);
    return { title: `${type} ${path} ${JSON.stringify(body)}`, question: patch(type, path, body) };
  }

  #applied(): Turned {
    const choices = this.#choices;
    const version = choices.of(this.#kind.versions);
    const force = choices.fraction() < 0.4 ? ["force=true"] : [];
    const path = `${this.#path(version)}${this.#query(...force)}`;
    const body = this.#kind[choices.fraction() < 0.5 ? "part" : "whole"](version, choices);
    const managedFields =
      choices.fraction() < 0.04 ? { managedFields: choices.of(entries)(choices) } : {};
    const sent = { ...body, metadata: { ...body.metadata, ...managedFields } };
    return { title: `apply ${path} ${JSON.stringify(sent)}`, question: patch("apply", path, sent) };
  }

  /** As older kubectl does: a patch with what was applied last in an annotation. */
  #clientSide(): Turned {
    const choices = this.#choices;
    const version = choices.of(this.#kind.versions);
    const config = this.#kind.part(version, choices);
    const { metadata } = this.#annotated(config);
    const body = { ...config, metadata: { ...config.metadata, ...metadata } };
    const path = `${this.#path(version)}?fieldManager=${clientSide}`;
    return {
      title: `client-side ${JSON.stringify(body)}`,
      question: patch("strategic", path, body),
    };
  }

  #status(): Turned {
    const choices = this.#choices;
    const version = choices.of(this.#kind.versions);
    const type = choices.of(["merge", "apply", "apply"] as const);
    const force = type === "apply" && choices.fraction() < 0.5 ? ["force=true"] : [];
    const path = `${this.#path(version, "/status")}${this.#query(...force)}`;
    const spec = choices.fraction() < 0.2 ? this.#kind.part(version, choices) : {};
    const { kind } = this.#kind;
    const body = {
      ...(type === "apply" ? { apiVersion: version, kind } : {}),
      ...spec,
      ...(this.#kind.status === undefined ? {} : { status: this.#kind.status(choices) }),
    };
    return { title: `${type} ${path} ${JSON.stringify(body)}`, question: patch(type, path, body) };
  }

  #scaled(): Turned {
    const choices = this.#choices;
    const type = choices.of(["merge", "apply", "put"] as const);
    const force = type === "apply" && choices.fraction() < 0.5 ? ["force=true"] : [];
    const version = choices.of(this.#kind.versions);
    const path = `${this.#path(version, "/scale")}${this.#query(...force)}`;
    const spec = { replicas: choices.below(4) };
    const { name } = { name: this.#name };
    const body = { apiVersion: "autoscaling/v1", kind: "Scale", metadata: { name }, spec };
    const question = {
      merge: () => patch("merge", path, { spec }),
      apply: () => patch("apply", path, body),
      put: () => update(path, body),
    }[type]();
    return { title: `${type} ${path} ${JSON.stringify(spec)}`, question };
  }

  /** Someone edits the entries themselves. */
  #edited(): Turned {
    const choices = this.#choices;
    const path = `${this.#path(choices.of(this.#kind.versions))}${this.#query()}`;
    if (choices.fraction() < 0.3) {
      const body = choices.of([
        [{ op: "replace", path: "/metadata/managedFields", value: [{}] }],
        [{ op: "remove", path: "/metadata/managedFields" }],
        [{ op: "remove", path: "/metadata/managedFields/9" }],
      ]);
      return { title: `json ${path} ${JSON.stringify(body)}`, question: patch("json", path, body) };
    }
    const config = choices.fraction() < 0.3 ? this.#kind.part("", choices) : {};
    const managedFields = choices.of(entries)(choices);
    const { apiVersion: _, kind: __, metadata, ...rest } = { metadata: {}, ...config };
    const body = { ...rest, metadata: { ...metadata, managedFields } };
    return {
      title: `entries ${path} ${JSON.stringify(body)}`,
      question: patch("merge", path, body),
    };
  }
}

const turnsPerHistory = 14;

async function histories(kind: Managed, setting: Setting): Promise<void> {
  for (let asked = 0; asked < setting.budget; asked += turnsPerHistory + 2) {
    const scenario = setting.scenario();
    const name = `h${asked}`;
    const history = new History(kind, setting, name);
    if (setting.choices.fraction() < 0.7) {
      const { title, question } = history.created();
      await scenario.ask(title, question);
    }
    for (let turn = 0; turn < turnsPerHistory; turn++) {
      const { title, question } = history.turn();
      await scenario.ask(title, question);
    }
    const path = `${kind.path(kind.versions[0] ?? "", setting.namespace)}/${name}`;
    await scenario.ask("read at last", read(path));
    await scenario.ask("delete", remove(path, { gracePeriodSeconds: 0 }));
  }
}

export const managersHistories: Area = {
  name: "managers",
  weight: 2,
  parts: managed.map((kind) => ({
    title: kind.kind,
    run: (setting) => histories(kind, setting),
  })),
};
