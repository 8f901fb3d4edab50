/** The pods of one node: a worker each, fed by the watch and by the runtime. */
import type { Pod } from "#gen/api/core/v1.ts";
import type { Sandbox } from "./cri/runtime.ts";
import { evictOnce } from "./eviction/evictions.ts";
import { noPressure, type Reserves, refusalUnder } from "./eviction/pressure.ts";
import { containerLogs } from "./logs/container-logs.ts";
import { rotatePodLogs } from "./logs/rotation.ts";
import { type Usage, usageOf } from "./metrics/usage.ts";
import { admitPod } from "./node-admission.ts";
import type { NodeContext } from "./node-context.ts";
import type { Pressure } from "./node-status.ts";
import { identityFault, podFault, refusedPod } from "./pod-checks.ts";
import { PodWorker } from "./pod-worker.ts";
import type { Verdict } from "./status.ts";
import type { StreamHolder } from "./streams/serve-stream.ts";

export class NodePods {
  readonly #node: NodeContext;
  readonly #workers = new Map<string, PodWorker>();
  /** Pods of a name whose predecessor, of another uid, has not left yet. */
  readonly #ownerOfName = new Map<string, string>();
  #pressure: Pressure = noPressure;

  constructor(node: NodeContext) {
    this.#node = node;
  }

  get size(): number {
    return this.#workers.size;
  }

  /** The pod of that name which the API has, or had last. */
  find(namespace: string, name: string): Pod | undefined {
    const uid = this.#ownerOfName.get(`${namespace}/${name}`);
    return uid === undefined ? undefined : this.#workers.get(uid)?.pod;
  }

  list(): readonly Pod[] {
    return [...this.#workers.values()].map(({ pod }) => pod);
  }

  /** What streams are made of. */
  get runs(): StreamHolder {
    const { runtime, state } = this.#node;
    return { runtime, state };
  }

  usage(): Promise<Usage> {
    const { runtime, clock } = this.#node;
    return usageOf(runtime, this.list(), clock.now().getTime());
  }

  get nodeName(): string {
    return this.#node.facts.nodeName;
  }

  /** Throws ApiError when there is no such log. */
  containerLogs(
    pod: Pod,
    container: string,
    query: URLSearchParams,
    signal: AbortSignal,
  ): Promise<AsyncIterable<Uint8Array>> {
    const { runtime, state, clock } = this.#node;
    return containerLogs({ pod, container, query, runtime, state, clock, signal });
  }

  changed(given: Pod): void {
    const { pod, verdict } = this.#checked(given) ?? {};
    if (pod === undefined) return;
    const { uid = "", namespace, name } = pod.metadata;
    const worker = this.#workers.get(uid);
    if (worker !== undefined) {
      worker.update(pod);
      return;
    }
    this.#ownerOfName.set(`${namespace}/${name}`, uid);
    this.#start(pod, verdict ?? this.#verdict(pod)).wake();
  }

  deleted(given: Pod): void {
    const { pod } = this.#checked(given) ?? {};
    if (pod !== undefined) this.#workers.get(pod.metadata.uid ?? "")?.remove(pod);
  }

  /** Nothing of a malformed pod goes any further; undefined: not even its name can be used. */
  #checked(pod: Pod): { readonly pod: Pod; readonly verdict?: Verdict } | undefined {
    const unknown = identityFault(pod);
    if (unknown !== undefined) {
      this.#node.logger.warn("a pod without a usable identity is left alone", { fault: unknown });
      return undefined;
    }
    const fault = podFault(pod);
    if (fault !== undefined) return refusedPod(pod, fault);
    // Before anybody wrote one, some servers leave the status out.
    return { pod: pod.status === undefined ? { ...pod, status: {} } : pod };
  }

  /** A pod is judged once, when it first comes: one that has a start time was admitted before. */
  #verdict(pod: Pod): Verdict | undefined {
    if (pod.status.startTime !== undefined) return undefined;
    const refusal = refusalUnder(pod, this.#pressure);
    if (refusal !== undefined) return refusal;
    const others = [...this.#workers.values()].filter(({ terminal }) => !terminal);
    return admitPod(
      pod,
      others.map((worker) => worker.allocated),
      this.#node.facts.allocatable,
    );
  }

  #start(pod: Pod, verdict: Verdict | undefined): PodWorker {
    const { uid = "", namespace, name } = pod.metadata;
    const worker = new PodWorker(this.#node, pod, {
      verdict,
      others: () => this.#allocatedBeside(uid),
      onChange: () => this.#retryResizes(uid),
      onGone: () => {
        this.#workers.delete(uid);
        const key = `${namespace}/${name}`;
        if (this.#ownerOfName.get(key) === uid) this.#ownerOfName.delete(key);
        this.#retryResizes(uid);
      },
    });
    this.#workers.set(uid, worker);
    return worker;
  }

  #allocatedBeside(uid: string): readonly Pod[] {
    const others = [...this.#workers.values()].filter((one) => one.uid !== uid && !one.terminal);
    return others.map(({ allocated }) => allocated);
  }

  /** There may be room now for what had to wait. */
  #retryResizes(uid: string): void {
    for (const worker of this.#workers.values())
      if (worker.uid !== uid && worker.waitsForRoom) worker.wake();
  }

  /** Something changed in the runtime, about this pod. */
  runtimeChanged(podUid: string): void {
    this.#workers.get(podUid)?.wake();
  }

  /** Sandboxes of pods that the API does not have (any more): stopped and removed. */
  removeOrphans(pods: ReadonlyMap<string, Sandbox>): void {
    for (const [uid, sandbox] of pods) {
      if (this.#workers.has(uid)) continue;
      const { podName: name, podNamespace: namespace } = sandbox;
      this.#node.logger.info("removing an orphaned pod", { namespace, name, uid });
      const pod: Pod = {
        apiVersion: "v1",
        kind: "Pod",
        metadata: { name, namespace, uid },
        spec: { containers: [], terminationGracePeriodSeconds: orphanGraceSeconds },
        status: {},
      };
      this.#start(pod, undefined).remove(pod);
    }
  }

  /** What the node tells of itself. */
  underPressure(pressure: Pressure): void {
    this.#pressure = pressure;
  }

  async evict(reserves: Reserves): Promise<void> {
    const running = [...this.#workers.values()].filter(({ terminal }) => !terminal);
    await evictOnce(this.#node, running, reserves);
  }

  async rotateLogs(): Promise<void> {
    for (const [uid, { terminal }] of this.#workers)
      if (!terminal) await rotatePodLogs(this.#node, uid);
  }

  async refreshVolumes(): Promise<void> {
    for (const worker of this.#workers.values()) await worker.refreshVolumes();
  }

  /** Stops acting; what runs keeps running. */
  async stop(): Promise<void> {
    await Promise.all([...this.#workers.values()].map((worker) => worker.stop()));
  }
}

/** Nobody is left to ask for more. */
const orphanGraceSeconds = 2;
