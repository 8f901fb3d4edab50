/**
 * The three metrics APIs, read through the Kubernetes API: resource metrics of pods, custom metrics of objects,
 * external metrics. Whoever serves them is none of our business; when nobody does, the reading says so in
 * client-go's words.
 */

import { parseDuration } from "#apimachinery/codec/duration.ts";
import { messageOf } from "#apimachinery/error-message.ts";
import { formatSelector, selectorFromLabelSelector } from "#apimachinery/labels.ts";
import { quantityMilli } from "#apimachinery/quantity.ts";
import { ApiError } from "#apimachinery/status.ts";
import { parseTime } from "#apimachinery/time.ts";
import type { Client } from "#client/client.ts";
import { queryOf } from "#client/resource-path.ts";
import type { MetricIdentifier, MetricSpec, ObjectMetricSource } from "#gen/api/autoscaling/v2.ts";
import type { PodSample, Reading } from "./samples.ts";
import { groupOf, type Kinds } from "./scale-target.ts";

/** Of a metric that does not say over which time it was taken. */
const windowSecondsDefault = 60;
const customGroup = "custom.metrics.k8s.io";
/** That we can read, the one we would rather have first. */
const customVersions = ["v1beta2", "v1beta1"];

interface PodMetrics {
  readonly metadata: { readonly name: string };
  readonly timestamp: string;
  readonly window: string;
  readonly containers?: readonly {
    readonly name: string;
    readonly usage: Readonly<Record<string, string>>;
  }[];
}

interface MetricValue {
  readonly describedObject?: { readonly name?: string };
  readonly timestamp?: string;
  readonly windowSeconds?: number;
  /** Its name in v1beta1. */
  readonly window?: number;
  readonly value: string;
}

export interface MetricsQuestion {
  readonly namespace: string;
  /** The text form of the target's selector. */
  readonly selector: string;
}

export class MetricsApi {
  readonly #client: Client;
  readonly #kinds: Kinds;

  constructor(client: Client, kinds: Kinds) {
    this.#client = client;
    this.#kinds = kinds;
  }

  /** Never throws for what the API refuses: that is a reading too. */
  async read(spec: MetricSpec, question: MetricsQuestion): Promise<Reading> {
    const { resource, containerResource, pods, object, external } = spec;
    if (resource !== undefined) return this.#ofPods(question, resource.name, "");
    if (containerResource !== undefined) {
      return this.#ofPods(question, containerResource.name, containerResource.container);
    }
    if (pods !== undefined) return this.#custom(() => this.#metricOfPods(pods.metric, question));
    if (object !== undefined) return this.#custom(() => this.#metricOfObject(object, question));
    if (external !== undefined) return this.#external(external.metric, question);
    return { of: "nothing", why: `unknown metric source type "${spec.type}"` };
  }

  async #ofPods(question: MetricsQuestion, resource: string, container: string): Promise<Reading> {
    const { namespace, selector } = question;
    const path = `/apis/metrics.k8s.io/v1beta1/namespaces/${namespace}/pods`;
    return reading("resource", async () => {
      const asked = path + queryOf({ labelSelector: selector });
      const items = await this.#items<PodMetrics>(asked, "get pods.metrics.k8s.io");
      const samples = items.flatMap((item) => {
        const value = usageOf(item, resource, container);
        const at = parseTime(item.timestamp) ?? new Date(0);
        const windowSeconds = (parseDuration(item.window) ?? 0) / 1e9;
        const sample: PodSample = { value: value ?? 0, at, windowSeconds };
        return value === undefined ? [] : [[item.metadata.name, sample] as const];
      });
      return { count: items.length, reading: { of: "pods", samples: new Map(samples) } };
    });
  }

  async #metricOfPods(metric: MetricIdentifier, question: MetricsQuestion): Promise<Answer> {
    const path = `namespaces/${question.namespace}/pods/*/${metric.name}`;
    const items = await this.#customItems(path, "get pods.", metric, question.selector);
    const samples = items.map((item): readonly [string, PodSample] => [
      item.describedObject?.name ?? "",
      {
        value: quantityMilli(item.value),
        at: parseTime(item.timestamp ?? "") ?? new Date(0),
        windowSeconds: item.windowSeconds ?? item.window ?? windowSecondsDefault,
      },
    ]);
    return { count: items.length, reading: { of: "pods", samples: new Map(samples) } };
  }

  async #metricOfObject(
    { describedObject, metric }: ObjectMetricSource,
    { namespace }: MetricsQuestion,
  ): Promise<Answer> {
    const { apiVersion, kind, name } = describedObject;
    const group = groupOf(apiVersion);
    const base = `namespaces/${namespace}`;
    const path = await (async (): Promise<string> => {
      if (group === "" && kind === "Namespace") return `${base}/metrics/${metric.name}`;
      const ref = await this.#kinds.refOf(group, kind);
      const resource = group === "" ? ref.plural : `${ref.plural}.${group}`;
      return `${base}/${resource}/${name}/${metric.name}`;
    })();
    const items = await this.#customItems(path, `get ${path.split("/")[2]}.`, metric, undefined);
    if (items.length !== 1) {
      throw new Error(
        `the custom metrics API server returned ${items.length} results when we asked for exactly one`,
      );
    }
    const values = items.map(({ value }) => quantityMilli(value));
    return { count: 1, reading: { of: "values", values } };
  }

  #custom(ask: () => Promise<Answer>): Promise<Reading> {
    return reading("custom", ask);
  }

  async #customItems(
    path: string,
    doing: string,
    metric: MetricIdentifier,
    labelSelector: string | undefined,
  ): Promise<readonly MetricValue[]> {
    const version = await this.#customVersion();
    const metricLabelSelector = selectorText(metric);
    const query = queryOf({ labelSelector, metricLabelSelector });
    return this.#items(`/apis/${customGroup}/${version}/${path}${query}`, doing + customGroup);
  }

  async #customVersion(): Promise<string> {
    const response = await this.#client.raw("/apis", { headers: { accept: "application/json" } });
    // The codec boundary: this path answers with an APIGroupList.
    const { groups } = (await response.json()) as {
      groups: { name: string; versions: { version: string }[] }[];
    };
    const group = groups.find(({ name }) => name === customGroup);
    if (group === undefined) {
      throw new Error(`no custom metrics API (${customGroup}) registered`);
    }
    const served = group.versions.map(({ version }) => version);
    const chosen = served.find((version) => customVersions.includes(version));
    if (chosen === undefined) throw new Error("no known available metric versions found");
    return chosen;
  }

  #external(metric: MetricIdentifier, { namespace }: MetricsQuestion): Promise<Reading> {
    const group = "external.metrics.k8s.io";
    const query = queryOf({ labelSelector: selectorText(metric) });
    const path = `/apis/${group}/v1beta1/namespaces/${namespace}/${metric.name}${query}`;
    return reading("external", async () => {
      const items = await this.#items<MetricValue>(path, `get ${metric.name}.${group}`);
      const values = items.map(({ value }) => quantityMilli(value));
      return { count: items.length, reading: { of: "values", values } };
    });
  }

  async #items<T>(path: string, doing: string): Promise<readonly T[]> {
    try {
      const response = await this.#client.raw(path, { headers: { accept: "application/json" } });
      // The codec boundary: these paths answer with lists of T.
      return ((await response.json()) as { items?: T[] }).items ?? [];
    } catch (error) {
      throw new Error(sentenceOf(error, doing));
    }
  }
}

interface Answer {
  readonly count: number;
  readonly reading: Reading;
}

async function reading(api: string, ask: () => Promise<Answer>): Promise<Reading> {
  try {
    const answer = await ask();
    if (answer.count > 0) return answer.reading;
    return { of: "nothing", why: `no metrics returned from ${api} metrics API` };
  } catch (error) {
    const why = messageOf(error);
    return { of: "nothing", why: `unable to fetch metrics from ${api} metrics API: ${why}` };
  }
}

/** client-go's sentences for answers that are no Status of their own. */
function sentenceOf(error: unknown, doing: string): string {
  if (!(error instanceof ApiError)) return messageOf(error);
  const { code, details } = error.status;
  if (details?.kind !== undefined && details.name !== undefined) return error.message;
  if (code === 404) return `the server could not find the requested resource (${doing})`;
  if (code === 503) return `the server is currently unable to handle the request (${doing})`;
  return error.message;
}

const selectorText = ({ selector }: MetricIdentifier): string =>
  formatSelector(selectorFromLabelSelector(selector));

/** Of the one container, or of all of them; undefined: not every container was measured. */
function usageOf(item: PodMetrics, resource: string, container: string): number | undefined {
  const all = item.containers ?? [];
  const asked = container === "" ? all : all.filter(({ name }) => name === container);
  let sum = 0;
  for (const { usage } of asked) {
    const used = usage[resource];
    if (used === undefined) return undefined;
    sum += quantityMilli(used);
  }
  return asked.length === 0 ? undefined : sum;
}
