/**
 * Quotas and limit ranges over histories: what is taken, what is refused and in which words, while they change. The status is written
 * as the quota controller would, so that no controller need run.
 */
import type { Choices } from "../random.ts";
import type { Question } from "../side.ts";
import type { Area, Setting } from "./area.ts";
import { limitItem, quotaSpec, scopedPod } from "./limited.ts";
import { create, patch, read, remove } from "./questions.ts";
import { live, type Turned, type Turns } from "./turns.ts";

const told = (title: string, question: Question): Turned => ({
  title: `${title} ${question.path} ${JSON.stringify(question.body)}`,
  question,
});

class Rationed {
  readonly #choices: Choices;
  readonly #core: string;
  readonly #apps: string;
  readonly #names: readonly string[];
  #made = 0;

  constructor({ choices, namespace }: Setting, asked: number) {
    this.#choices = choices;
    this.#core = `/api/v1/namespaces/${namespace}`;
    this.#apps = `/apis/apps/v1/namespaces/${namespace}`;
    // Of two that refuse, upstream names either.
    this.#names = [`q${asked}`];
  }

  get #dry(): string {
    return this.#choices.fraction() < 0.1 ? "?dryRun=All" : "";
  }

  /** A quota, and what of it is used already. */
  #quota(name: string): Turned[] {
    const choices = this.#choices;
    const spec = quotaSpec(choices);
    const used = Object.fromEntries(
      Object.keys(spec.hard).map((one) => [one, choices.of(["0", "0", "1"])]),
    );
    const known = choices.fraction() < 0.9 ? { hard: spec.hard, used } : { hard: spec.hard };
    return [
      told("create", create(`${this.#core}/resourcequotas`, { metadata: { name }, spec })),
      told(
        "count",
        patch("merge", `${this.#core}/resourcequotas/${name}/status`, { status: known }),
      ),
    ];
  }

  #limits(): Turned {
    const choices = this.#choices;
    const spec = {
      limits:
        choices.fraction() < 0.6 ? [limitItem(choices)] : [limitItem(choices), limitItem(choices)],
    };
    const [name = ""] = this.#names;
    return choices.fraction() < 0.5
      ? told("create", create(`${this.#core}/limitranges`, { metadata: { name }, spec }))
      : told("limit", patch("merge", `${this.#core}/limitranges/${name}`, { spec }));
  }

  first(): Turned[] {
    const quotas = this.#names.flatMap((name) => this.#quota(name));
    return this.#choices.fraction() < 0.4 ? [...quotas, this.#limits()] : quotas;
  }

  #name(): string {
    return `o${this.#made++}`;
  }

  get #known(): string {
    return `o${this.#choices.below(Math.max(1, this.#made))}`;
  }

  #pod(): Turned {
    const pod = scopedPod(this.#choices);
    const body = { ...pod, metadata: { name: this.#name() } };
    return told("create", create(`${this.#core}/pods${this.#dry}`, body));
  }

  #claim(): Turned {
    const choices = this.#choices;
    const spec = {
      accessModes: ["ReadWriteOnce"],
      resources: { requests: { storage: choices.of(["1Gi", "2Gi", "100Mi"]) } },
      ...choices.of<object>([{}, { storageClassName: "gold" }, { storageClassName: "silver" }]),
      ...(choices.fraction() < 0.2 ? { volumeAttributesClassName: "fast" } : {}),
    };
    const body = { metadata: { name: this.#name() }, spec };
    return told("create", create(`${this.#core}/persistentvolumeclaims${this.#dry}`, body));
  }

  #service(): Turned {
    const choices = this.#choices;
    const port = { port: 80, name: "a" };
    const spec = {
      type: choices.of(["ClusterIP", "NodePort", "LoadBalancer"]),
      ports: choices.fraction() < 0.6 ? [port] : [port, { port: 81, name: "b" }],
      ...(choices.fraction() < 0.2 ? { allocateLoadBalancerNodePorts: false } : {}),
    };
    if (choices.fraction() < 0.6)
      return told(
        "create",
        create(`${this.#core}/services${this.#dry}`, { metadata: { name: this.#name() }, spec }),
      );
    const path = `${this.#core}/services/${this.#known}${this.#dry}`;
    return told("service", patch("merge", path, { spec }));
  }

  #plain(): Turned {
    const choices = this.#choices;
    const metadata = { name: this.#name() };
    const template = {
      metadata: { labels: { a: "b" } },
      spec: { containers: [{ name: "a", image: "x" }] },
    };
    const deployment = { metadata, spec: { selector: { matchLabels: { a: "b" } }, template } };
    return choices.of([
      () => told("create", create(`${this.#core}/configmaps${this.#dry}`, { metadata })),
      () => told("create", create(`${this.#core}/secrets${this.#dry}`, { metadata })),
      () => told("create", create(`${this.#apps}/deployments${this.#dry}`, deployment)),
    ])();
  }

  #changed(): Turned {
    const choices = this.#choices;
    const pod = `${this.#core}/pods/${this.#known}`;
    const resources = { requests: { cpu: choices.of(["100m", "1", "2"]) } };
    const resize = { spec: { containers: [{ name: "c", resources }] } };
    const storage = { spec: { resources: { requests: { storage: "3Gi" } } } };
    const claim = `${this.#core}/persistentvolumeclaims/${this.#known}`;
    return choices.of([
      () => told("deadline", patch("merge", pod, { spec: { activeDeadlineSeconds: 9 } })),
      () => told("resize", patch("strategic", `${pod}/resize`, resize)),
      () =>
        told(
          "end",
          patch("merge", `${pod}/status`, {
            status: { phase: choices.of(["Succeeded", "Failed"]) },
          }),
        ),
      () => told("grow", patch("merge", claim, storage)),
      () =>
        told(
          "bound",
          patch("merge", `${claim}/status`, {
            status: { phase: "Bound", capacity: { storage: "1Gi" } },
          }),
        ),
    ])();
  }

  #removed(): Turned {
    const plural = this.#choices.of(["pods", "services", "configmaps", "persistentvolumeclaims"]);
    const path = `${this.#core}/${plural}/${this.#known}`;
    return told("delete", remove(path, { gracePeriodSeconds: 0 }));
  }

  #requota(): Turned {
    const choices = this.#choices;
    const path = `${this.#core}/resourcequotas/${choices.of(this.#names)}`;
    const { hard } = quotaSpec(choices);
    return choices.of([
      () => told("quota", patch("merge", path, { spec: { hard } })),
      () => told("status", patch("merge", `${path}/status`, { status: { hard } })),
      () => told("scopes", patch("merge", path, { spec: { scopes: ["BestEffort"] } })),
      () => told("delete", remove(path)),
    ])();
  }

  get turns(): Turns {
    const path = () => `${this.#core}/resourcequotas/${this.#choices.of(this.#names)}`;
    return [
      [5, () => this.#pod()],
      [2, () => this.#claim()],
      [2, () => this.#service()],
      [2, () => this.#plain()],
      [2, () => this.#changed()],
      [1, () => this.#removed()],
      [0.6, () => this.#requota()],
      [0.4, () => this.#limits()],
      [2, () => told("read", read(path()))],
    ];
  }

  last(): Turned[] {
    const plurals = [
      "pods",
      "services",
      "configmaps",
      "secrets",
      "persistentvolumeclaims",
      "limitranges",
    ];
    return [
      ...this.#names.map((name) => told("read", read(`${this.#core}/resourcequotas/${name}`))),
      ...[...plurals, "resourcequotas"].map((plural) => {
        const all = `${this.#core}/${plural}?fieldSelector=metadata.name!=kube-root-ca.crt`;
        return told("delete all", remove(all, { gracePeriodSeconds: 0 }));
      }),
      told("delete all", remove(`${this.#apps}/deployments`)),
    ];
  }
}

const histories = (setting: Setting): Promise<void> =>
  live(setting, {
    turns: 24,
    begin: (asked) => {
      const rationed = new Rationed(setting, asked);
      return { first: rationed.first(), turns: rationed.turns, last: rationed.last() };
    },
  });

export const quotas: Area = {
  name: "quotas",
  weight: 2,
  parts: ["one", "two", "three", "four"].map((title) => ({ title, run: histories })),
};
