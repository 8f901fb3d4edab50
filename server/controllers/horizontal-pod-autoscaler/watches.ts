import { messageOf } from "#apimachinery/error-message.ts";
import { matches, parseLabelSelector, type Selector } from "#apimachinery/labels.ts";
import { keyOf, splitKey } from "#client/store.ts";
import type { Controller } from "#controllers/controller.ts";
import type { Scale } from "#gen/api/autoscaling/v1.ts";
import { type HorizontalPodAutoscaler, horizontalpodautoscalers } from "#gen/api/autoscaling/v2.ts";
import { type Pod, pods } from "#gen/api/core/v1.ts";
import type { History } from "./limits.ts";
import { MetricsApi } from "./metrics-api.ts";
import { conclude, decide, type Selection, stepOf, syncSeconds, unreachable } from "./reconcile.ts";
import { Kinds, type ScaleTarget, scaleTargetOf, setScale } from "./scale-target.ts";

/** Which autoscalers of a namespace scale what: two that scale the same pods would fight. */
class Selectors {
  readonly #byKey = new Map<string, Selector>();

  put(key: string, selector: Selector): void {
    this.#byKey.set(key, selector);
  }

  forget(key: string): void {
    this.#byKey.delete(key);
  }

  matching(namespace: string, all: readonly Pod[]): readonly string[] {
    return [...this.#byKey]
      .filter(([key]) => splitKey(key).namespace === namespace)
      .filter(([, selector]) => all.some(({ metadata }) => matches(selector, metadata.labels)))
      .map(([key]) => key)
      .sort();
  }
}

function parsed(text: string | undefined): Selector | Extract<Selection, { fault: unknown }> {
  if (text === undefined || text === "") {
    const why = "the HPA target's scale is missing a selector";
    return { fault: { reason: "SelectorRequired", event: "selector is required", why } };
  }
  try {
    return parseLabelSelector(text);
  } catch (error) {
    const why = `couldn't convert selector into a corresponding internal selector object: ${messageOf(error)}`;
    return { fault: { reason: "InvalidSelector", event: why, why } };
  }
}

function rivalry(text: string | undefined, keys: readonly string[]): Selection {
  const shown = keys.slice(0, 2).map((key) => {
    const { namespace, name } = splitKey(key);
    return `{${name} ${namespace}}`;
  });
  const why = `pods by selector ${text} are controlled by more than one HPA (e.g. [${shown.join(" ")}])`;
  return { fault: { reason: "AmbiguousSelector", event: why, why } };
}

export const horizontalPodAutoscaler: Controller = {
  name: "horizontal-pod-autoscaler",
  workers: 5,
  watch({ informers, client, clock, enqueue, enqueueAfter }) {
    const autoscalers = informers.of(horizontalpodautoscalers);
    const all = informers.of(pods);
    const kinds = new Kinds(client, clock);
    const metrics = new MetricsApi(client, kinds);
    const histories = new Map<string, History>();
    const selectors = new Selectors();
    autoscalers.onChange({
      added: (autoscaler) => enqueue(keyOf(autoscaler)),
      updated(old, autoscaler) {
        // A status, our own above all, is no reason to look earlier.
        const isNew = old.metadata.generation !== autoscaler.metadata.generation;
        enqueueAfter(keyOf(autoscaler), isNew ? 0 : syncSeconds);
      },
      deleted(autoscaler) {
        histories.delete(keyOf(autoscaler));
        selectors.forget(keyOf(autoscaler));
      },
    });
    const selectionOf = (key: string, { status }: Scale): Selection => {
      const { namespace } = splitKey(key);
      const selector = parsed(status.selector);
      if (typeof selector === "object" && "fault" in selector) return selector;
      selectors.put(key, selector);
      const selected = all
        .list(namespace)
        .filter(({ metadata }) => matches(selector, metadata.labels));
      const rivals = selectors.matching(namespace, selected);
      return rivals.length > 1 ? rivalry(status.selector, rivals) : { pods: selected };
    };
    const targetOf = async (
      namespace: string,
      { spec }: HorizontalPodAutoscaler,
    ): Promise<ScaleTarget | string> => {
      try {
        return await scaleTargetOf(client, kinds, namespace, spec.scaleTargetRef);
      } catch (error) {
        return messageOf(error);
      }
    };
    return async (key, now) => {
      const { namespace, name } = splitKey(key);
      const autoscaler = autoscalers.get(namespace, name);
      if (autoscaler === undefined) return [];
      const target = await targetOf(namespace, autoscaler);
      if (typeof target === "string") return unreachable(autoscaler, target, now);
      const { scale } = target;
      const step = stepOf(autoscaler, scale.spec.replicas ?? 0);
      const measured = step.by === "metrics";
      const selection = measured ? selectionOf(key, scale) : { pods: [] };
      const asked = measured && "pods" in selection ? (autoscaler.spec.metrics ?? []) : [];
      const question = { namespace, selector: scale.status.selector ?? "" };
      const readings = await Promise.all(asked.map((spec) => metrics.read(spec, question)));
      const observed = { scale, history: histories.get(key), selection, readings };
      const decision = decide(autoscaler, observed, now);
      const { rescale } = decision;
      const refused =
        rescale === undefined ? undefined : await setScale(client, target, rescale.to);
      const { effects, history } = conclude(autoscaler, decision, refused, now);
      histories.set(key, history);
      return effects;
    };
  },
};
