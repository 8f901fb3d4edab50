/** Lives of pods as clients and nodes lead them: bound, resized, debugged, evicted under budgets, ended with and without grace. */
import type { Choices } from "../random.ts";
import type { Question } from "../side.ts";
import type { Area, Setting } from "./area.ts";
import { create, patch, read, remove } from "./questions.ts";
import { live, type Turned, type Turns } from "./turns.ts";

const told = (title: string, question: Question): Turned => ({
  title: `${title} ${question.path} ${JSON.stringify(question.body)}`,
  question,
});

const time = "2026-01-02T03:04:05Z";

class Lived {
  readonly #choices: Choices;
  readonly #pods: string;
  readonly #budgets: string;
  readonly #names: readonly string[];

  constructor({ choices, namespace }: Setting, asked: number) {
    this.#choices = choices;
    this.#pods = `/api/v1/namespaces/${namespace}/pods`;
    this.#budgets = `/apis/policy/v1/namespaces/${namespace}/poddisruptionbudgets`;
    this.#names = ["a", "b", "c"].map((letter) => `${letter}${asked}`);
  }

  get #path(): string {
    return `${this.#pods}/${this.#choices.of(this.#names)}`;
  }

  get #dry(): string {
    return this.#choices.fraction() < 0.12 ? "?dryRun=All" : "";
  }

  #create(name = this.#choices.of(this.#names)): Turned {
    const choices = this.#choices;
    const resources = choices.of<object>([
      {},
      { requests: { cpu: "1" } },
      { requests: { cpu: "1", memory: "1Gi" }, limits: { cpu: "1", memory: "1Gi" } },
    ]);
    const policy = [
      { resourceName: "cpu", restartPolicy: choices.of(["NotRequired", "RestartContainer"]) },
    ];
    const container = {
      name: "c",
      image: "i",
      resources,
      ...(choices.fraction() < 0.2 ? { resizePolicy: policy } : {}),
    };
    const spec = {
      containers: [container],
      ...choices.of<object>([{}, { nodeName: "n1" }, { schedulingGates: [{ name: "a.b/c" }] }]),
      ...choices.of<object>([{}, { terminationGracePeriodSeconds: choices.of([0, 1, 30, -1]) }]),
      ...choices.of<object>([{}, { restartPolicy: "Never" }]),
      ...choices.of<object>([{}, {}, { readinessGates: [{ conditionType: "x.y/z" }] }]),
    };
    const labels = choices.of<object>([{ a: "b" }, { a: "b" }, { a: "c" }]);
    return told(
      "create",
      create(`${this.#pods}${this.#dry}`, { metadata: { name, labels }, spec }),
    );
  }

  #budget(): Turned[] {
    const choices = this.#choices;
    const name = choices.of(["p", "q"]);
    const unhealthyPodEvictionPolicy = choices.of([
      {},
      { unhealthyPodEvictionPolicy: "AlwaysAllow" },
      { unhealthyPodEvictionPolicy: "IfHealthyBudget" },
    ]);
    const spec = {
      selector: choices.of<object>([
        { matchLabels: { a: "b" } },
        { matchLabels: { a: "b" } },
        {},
        { matchLabels: { a: "z" } },
      ]),
      ...choices.of<object>([{ minAvailable: 1 }, { maxUnavailable: "50%" }]),
      ...unhealthyPodEvictionPolicy,
    };
    const status = {
      disruptionsAllowed: choices.of([0, 1, 2, -1]),
      currentHealthy: choices.of([0, 1, 3]),
      desiredHealthy: choices.of([1, 2]),
      expectedPods: 3,
      observedGeneration: choices.of([0, 1, 1, 2]),
      ...choices.of<object>([{}, {}, { disruptedPods: { [this.#names[0] ?? ""]: time } }]),
    };
    return [
      told("create", create(this.#budgets, { metadata: { name }, spec })),
      told("budget", patch("merge", `${this.#budgets}/${name}/status`, { status })),
    ];
  }

  #evict(): Turned {
    const choices = this.#choices;
    const name = choices.of(this.#names);
    const apiVersion = choices.of(["policy/v1", "policy/v1", "policy/v1beta1"]);
    const deleteOptions = choices.of<object>([
      {},
      { deleteOptions: { gracePeriodSeconds: choices.of([0, 5]) } },
      { deleteOptions: { dryRun: ["All"] } },
      { deleteOptions: { preconditions: { uid: "x" } } },
      { deleteOptions: { preconditions: { resourceVersion: "1" } } },
    ]);
    const body = { apiVersion, kind: "Eviction", metadata: { name }, ...deleteOptions };
    return told("evict", create(`${this.#pods}/${name}/eviction${this.#dry}`, body));
  }

  #bind(): Turned {
    const choices = this.#choices;
    const name = choices.of(this.#names);
    const metadata = choices.of<object>([
      { name },
      { name },
      { name, annotations: { x: "y" }, labels: { "topology.kubernetes.io/zone": "z" } },
      { name, uid: "x" },
      { name, resourceVersion: "1" },
    ]);
    const target = choices.of<object>([
      { kind: "Node", name: "n1" },
      { name: "n2" },
      { kind: "x", name: "n" },
      { name: "" },
    ]);
    return told("bind", create(`${this.#pods}/${name}/binding${this.#dry}`, { metadata, target }));
  }

  #status(): Turned {
    const choices = this.#choices;
    const ready = {
      type: "Ready",
      status: choices.of(["True", "False"]),
      lastTransitionTime: time,
    };
    const state = choices.of<object>([
      { running: { startedAt: time } },
      { terminated: { exitCode: choices.of([0, 1]), finishedAt: time, startedAt: time } },
      { waiting: { reason: "X" } },
    ]);
    const containerStatuses = [
      {
        name: choices.of(["c", "c", "d"]),
        image: "i",
        imageID: "i",
        ready: choices.fraction() < 0.5,
        restartCount: choices.below(3),
        state,
      },
    ];
    const status = {
      ...choices.of<object>([
        {},
        { phase: choices.of(["Pending", "Running", "Succeeded", "Failed"]) },
      ]),
      ...choices.of<object>([{}, { conditions: [ready] }]),
      ...choices.of<object>([{}, { containerStatuses }]),
      ...choices.of<object>([
        {},
        { qosClass: "Guaranteed" },
        { podIPs: [{ ip: "10.1.2.3" }] },
        { observedGeneration: choices.below(4) },
      ]),
    };
    const type = choices.of(["merge", "strategic"] as const);
    return told("status", patch(type, `${this.#path}/status${this.#dry}`, { status }));
  }

  #resize(): Turned {
    const choices = this.#choices;
    const resources = choices.of<object>([
      { requests: { cpu: choices.of(["1", "2", "500m"]) } },
      { requests: { cpu: "2", memory: "2Gi" }, limits: { cpu: "2", memory: "2Gi" } },
      { limits: { memory: choices.of(["512Mi", "1Gi", null]) } },
      { requests: null },
      { requests: { "ephemeral-storage": "1Gi" } },
    ]);
    const spec = {
      containers: [{ name: "c", resources, ...choices.of<object>([{}, {}, { image: "j" }]) }],
    };
    return told("resize", patch("strategic", `${this.#path}/resize${this.#dry}`, { spec }));
  }

  #debug(): Turned {
    const choices = this.#choices;
    const container = {
      name: choices.of(["d", "e", "c"]),
      image: choices.of(["i", ""]),
      ...choices.of<object>([
        {},
        { targetContainerName: choices.of(["c", "x"]) },
        { ports: [{ containerPort: 1 }] },
        { tty: true, stdin: true },
      ]),
    };
    const spec = { ephemeralContainers: [container] };
    return told(
      "debug",
      patch("strategic", `${this.#path}/ephemeralcontainers${this.#dry}`, { spec }),
    );
  }

  #change(): Turned {
    const choices = this.#choices;
    const body = choices.of<object>([
      { metadata: { labels: { a: choices.of(["b", "c"]) } } },
      { metadata: { finalizers: choices.of([["a.b/c"], []]) } },
      { spec: { containers: [{ name: "c", image: "j" }] } },
      { spec: { activeDeadlineSeconds: choices.of([5, 9, null]) } },
      { spec: { terminationGracePeriodSeconds: choices.of([1, 5]) } },
      { spec: { schedulingGates: choices.of([[], null, [{ name: "d.e/f" }]]) } },
      { spec: { tolerations: [{ key: "k", operator: "Exists" }] } },
      { spec: { nodeSelector: { x: "y" } } },
      { spec: { nodeName: "n3" } },
    ]);
    const type = choices.of(["merge", "strategic"] as const);
    return told(type, patch(type, `${this.#path}${this.#dry}`, body));
  }

  #delete(): Turned {
    const choices = this.#choices;
    const options = choices.of<object>([
      {},
      { gracePeriodSeconds: choices.of([0, 1, 10, 60]) },
      { propagationPolicy: "Foreground" },
    ]);
    return told("delete", remove(`${this.#path}${this.#dry}`, options));
  }

  first(): Turned[] {
    const pods = this.#names.map((name) => this.#create(name));
    return this.#choices.fraction() < 0.7 ? [...pods, ...this.#budget()] : pods;
  }

  get turns(): Turns {
    return [
      [1, () => this.#create()],
      [3, () => this.#evict()],
      [1.5, () => this.#bind()],
      [4, () => this.#status()],
      [2, () => this.#resize()],
      [2, () => this.#debug()],
      [2, () => this.#change()],
      [1, () => this.#delete()],
      [1, () => told("read", read(this.#path))],
      [0.7, () => told("read", read(`${this.#budgets}/${this.#choices.of(["p", "q"])}`))],
      [0.5, () => this.#budget()[this.#choices.below(2)] ?? this.#delete()],
    ];
  }

  last(): Turned[] {
    return [
      told("list", read(this.#pods)),
      told("delete budgets", remove(this.#budgets)),
      ...this.#names.flatMap((name) => [
        told("delete", remove(`${this.#pods}/${name}`, { gracePeriodSeconds: 0 })),
        told("free", patch("merge", `${this.#pods}/${name}`, { metadata: { finalizers: null } })),
      ]),
    ];
  }
}

const histories = (setting: Setting): Promise<void> =>
  live(setting, {
    turns: 24,
    begin: (asked) => {
      const lived = new Lived(setting, asked);
      return { first: lived.first(), turns: lived.turns, last: lived.last() };
    },
  });

export const podLives: Area = {
  name: "lives of pods",
  weight: 2,
  parts: ["one", "two", "three", "four"].map((title) => ({ title, run: histories })),
};
