/** How namespaces end: finalizers of both kinds, the finalize subresource, conditions, and writes into one that is going. No controller empties them. */
import type { Choices } from "../random.ts";
import type { Answer, Question } from "../side.ts";
import type { Area, Setting } from "./area.ts";
import { create, patch, read, remove, update } from "./questions.ts";
import { live, type Turned, type Turns } from "./turns.ts";

const told = (title: string, question: Question): Turned => ({
  title: `${title} ${question.path} ${JSON.stringify(question.body)}`,
  question,
});

class Ending {
  readonly #choices: Choices;
  readonly #name: string;
  readonly #path: string;

  constructor({ choices, namespace }: Setting, asked: number) {
    this.#choices = choices;
    this.#name = `${namespace}-n${asked}`;
    this.#path = `/api/v1/namespaces/${this.#name}`;
  }

  get #dry(): string {
    return this.#choices.fraction() < 0.12 ? "?dryRun=All" : "";
  }

  #create(): Turned {
    const choices = this.#choices;
    const spec = choices.of<object>([
      {},
      {},
      { spec: { finalizers: ["a.b/c"] } },
      { spec: { finalizers: ["kubernetes", "a.b/c"] } },
      { spec: { finalizers: [] } },
      { spec: { finalizers: ["x"] } },
    ]);
    const finalizers = choices.of<object>([{}, {}, { finalizers: ["d.e/f"] }]);
    const body = { metadata: { name: this.#name, ...finalizers }, ...spec };
    return told("create", create(`/api/v1/namespaces${this.#dry}`, body));
  }

  #delete(): Turned {
    const options = this.#choices.of<object>([
      {},
      { gracePeriodSeconds: 0 },
      { propagationPolicy: "Foreground" },
      { propagationPolicy: "Orphan" },
      { preconditions: { uid: "x" } },
    ]);
    return told("delete", remove(`${this.#path}${this.#dry}`, options));
  }

  #finalize(): Turned {
    const choices = this.#choices;
    const finalizers = choices.of<unknown>([
      [],
      [],
      null,
      ["kubernetes"],
      ["a.b/c"],
      ["a.b/c", "kubernetes"],
      ["x"],
    ]);
    const path = `${this.#path}/finalize${this.#dry}`;
    const how = choices.of(["fresh", "as read", "stale", "other"]);
    const question = (answers: readonly Answer[]): Question => {
      const known = answers.filter(({ body }) => body?.kind === "Namespace");
      const seen = (how === "stale" ? known[0] : known.at(-1))?.body.metadata;
      const metadata = {
        fresh: { name: this.#name },
        "as read": { ...seen, name: this.#name },
        stale: { ...seen, name: this.#name },
        other: { name: "other" },
      }[how];
      return update(path, { apiVersion: "v1", kind: "Namespace", metadata, spec: { finalizers } });
    };
    return { title: `finalize ${how} ${path} ${JSON.stringify(finalizers)}`, question };
  }

  #change(): Turned {
    const choices = this.#choices;
    const body = choices.of<object>([
      { metadata: { labels: { a: choices.of(["b", "c", null]) } } },
      { metadata: { labels: { "kubernetes.io/metadata.name": choices.of(["x", null]) } } },
      { metadata: { finalizers: choices.of<unknown>([[], ["d.e/f"], ["d.e/f", "g.h/i"], null]) } },
      { spec: { finalizers: choices.of<unknown>([[], ["a.b/c"], null]) } },
      { status: { phase: "Active" } },
      { metadata: { annotations: { x: "y" } } },
    ]);
    return told("change", patch("merge", `${this.#path}${this.#dry}`, body));
  }

  #status(): Turned {
    const choices = this.#choices;
    const condition = {
      type: "NamespaceContentRemaining",
      status: "True",
      reason: "R",
      message: "m",
    };
    const status = choices.of<object>([
      { phase: choices.of(["Active", "Terminating", "x"]) },
      { conditions: [{ ...condition, lastTransitionTime: "2026-01-02T03:04:05Z" }] },
      { conditions: null },
    ]);
    return told("status", patch("merge", `${this.#path}/status${this.#dry}`, { status }));
  }

  #content(): Turned {
    const choices = this.#choices;
    const metadata = { name: choices.of(["a", "b"]) };
    const map = `${this.#path}/configmaps`;
    const apply = {
      apiVersion: "v1",
      kind: "ConfigMap",
      metadata,
      data: { x: choices.of(["1", "2"]) },
    };
    const review = {
      spec: {
        user: "u",
        resourceAttributes: { verb: "get", resource: "pods", namespace: this.#name },
      },
    };
    return choices.of([
      () => told("create", create(`${map}${this.#dry}`, { metadata })),
      () => told("create", create(map, { metadata: { generateName: "gen-" } })),
      () => told("apply", patch("apply", `${map}/${metadata.name}?fieldManager=m`, apply)),
      () => told("update", update(`${map}/${metadata.name}`, { metadata, data: { x: "3" } })),
      () =>
        told(
          "patch",
          patch("merge", `${map}/${metadata.name}`, {
            metadata: { finalizers: choices.of([[], ["a.b/c"]]) },
          }),
        ),
      () => told("delete", remove(`${map}/${metadata.name}`)),
      () => told("delete all", remove(map)),
      () =>
        told(
          "event",
          create(`${this.#path}/events`, {
            metadata,
            involvedObject: { namespace: this.#name, kind: "Pod", name: "p" },
          }),
        ),
      () => told("account", create(`${this.#path}/serviceaccounts`, { metadata })),
      () =>
        told(
          "lease",
          create(`/apis/coordination.k8s.io/v1/namespaces/${this.#name}/leases`, { metadata }),
        ),
      () =>
        told(
          "review",
          create(
            `/apis/authorization.k8s.io/v1/namespaces/${this.#name}/localsubjectaccessreviews`,
            review,
          ),
        ),
    ])();
  }

  first(): Turned[] {
    return [this.#create()];
  }

  get turns(): Turns {
    return [
      [1, () => this.#create()],
      [1.6, () => this.#delete()],
      [2, () => this.#finalize()],
      [2, () => this.#change()],
      [1.5, () => this.#status()],
      [6, () => this.#content()],
      [1, () => told("read", read(this.#path))],
      [0.5, () => told("list", read(`${this.#path}/configmaps`))],
    ];
  }

  last(): Turned[] {
    const metadata = { name: this.#name };
    return [
      told("read", read(this.#path)),
      told("delete", remove(this.#path)),
      told("free", patch("merge", this.#path, { metadata: { finalizers: null } })),
      told(
        "end",
        update(`${this.#path}/finalize`, {
          apiVersion: "v1",
          kind: "Namespace",
          metadata,
          spec: {},
        }),
      ),
      told("read", read(this.#path)),
    ];
  }
}

const histories = (setting: Setting): Promise<void> =>
  live(setting, {
    turns: 18,
    begin: (asked) => {
      const ending = new Ending(setting, asked);
      return { first: ending.first(), turns: ending.turns, last: ending.last() };
    },
  });

export const namespaceEnds: Area = {
  name: "namespaces",
  weight: 1,
  parts: ["one", "two", "three"].map((title) => ({ title, run: histories })),
};
