/** Where agents get their pods: a watch of one node's pods, or one watch shared by many nodes. */
import type { Client } from "#client/client.ts";
import { createInformer, type Informer } from "#client/informer.ts";
import { type Pod, pods } from "#gen/api/core/v1.ts";
import type { Logger } from "#telemetry/log.ts";
import type { PodSource } from "./agent.ts";

/** As a node may: `spec.nodeName=<name>` is all that the Node authorizer lets it watch. */
export function nodePodSource(
  client: Client,
  nodeName: string,
  { logger, signal }: { readonly logger: Logger; readonly signal: AbortSignal },
): PodSource {
  const fieldSelector = `spec.nodeName=${nodeName}`;
  const informer = createInformer(client, pods, { fieldSelector, logger });
  informer.start(signal);
  return sourceOf(informer);
}

function sourceOf(informer: Informer<Pod>): PodSource {
  return {
    subscribe: ({ changed, deleted }) =>
      informer.onChange({
        added: (pod) => changed(pod),
        updated: (_old, pod) => changed(pod),
        deleted: (pod) => deleted(pod),
      }),
    synced: () => informer.synced(),
  };
}

type Handler = Parameters<PodSource["subscribe"]>[0];

/** One watch of all pods, handed out by node name. Its client must be allowed to watch all pods. */
export class SharedPodSource {
  readonly #informer: Informer<Pod>;
  readonly #handlers = new Map<string, Handler>();

  constructor(client: Client, { logger, signal }: { logger: Logger; signal: AbortSignal }) {
    const nodeName = (pod: Pod): readonly string[] => [pod.spec.nodeName ?? ""];
    this.#informer = createInformer(client, pods, {
      fieldSelector: "spec.nodeName!=",
      indexers: { nodeName },
      logger,
    });
    this.#informer.onChange({
      added: (pod) => this.#handlerOf(pod)?.changed(pod),
      updated: (_old, pod) => this.#handlerOf(pod)?.changed(pod),
      deleted: (pod) => this.#handlerOf(pod)?.deleted(pod),
    });
    this.#informer.start(signal);
  }

  #handlerOf(pod: Pod): Handler | undefined {
    return this.#handlers.get(pod.spec.nodeName ?? "");
  }

  forNode(nodeName: string): PodSource {
    return {
      subscribe: (handler) => {
        this.#handlers.set(nodeName, handler);
        for (const pod of this.#informer.byIndex("nodeName", nodeName)) handler.changed(pod);
        return () => this.#handlers.delete(nodeName);
      },
      synced: () => this.#informer.synced(),
    };
  }
}
