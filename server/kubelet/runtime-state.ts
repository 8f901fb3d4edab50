/**
 * What the runtime runs, pod by pod: read fresh before every plan, watched by relisting (upstream's PLEG)
 * so that an end nobody announced is seen too.
 */
import type { ContainerDetails, ContainerSummary, CriRuntime, Sandbox } from "./cri/runtime.ts";
import type { PodRuntime, PodSandboxState } from "./pod-runtime.ts";

const newestFirst = (
  a: { readonly createdAt: number; readonly attempt: number },
  b: { readonly createdAt: number; readonly attempt: number },
): number => b.createdAt - a.createdAt || b.attempt - a.attempt;

/** Changes exactly when a sandbox or container of the pod comes, goes or changes its state. */
function fingerprint(
  sandboxes: readonly Sandbox[],
  containers: readonly ContainerSummary[],
): string {
  const parts = [
    ...sandboxes.map(({ id, ready }) => `${id}${ready ? "+" : "-"}`),
    ...containers.map(({ id, state }) => `${id}${state}`),
  ];
  return parts.sort().join();
}

export class RuntimeState {
  readonly #runtime: CriRuntime;
  /** The fingerprint at the last read of each pod. */
  readonly #seen = new Map<string, string>();
  /** Ended containers do not change any more. */
  readonly #ended = new Map<string, ContainerDetails>();
  readonly #ips = new Map<string, readonly string[]>();

  constructor(runtime: CriRuntime) {
    this.#runtime = runtime;
  }

  /** The pod's sandboxes and containers now. */
  async read(podUid: string): Promise<PodRuntime> {
    const [sandboxes, summaries] = await Promise.all([
      this.#runtime.listPodSandboxes(podUid),
      this.#runtime.listContainers(podUid),
    ]);
    this.#seen.set(podUid, fingerprint(sandboxes, summaries));
    const states = await Promise.all(sandboxes.map((sandbox) => this.#withIps(sandbox)));
    const details = await Promise.all(summaries.map((summary) => this.#details(summary)));
    return {
      sandboxes: states.sort(newestFirst),
      containers: details.filter((one) => one !== undefined).sort(newestFirst),
    };
  }

  async #withIps(sandbox: Sandbox): Promise<PodSandboxState> {
    const known = this.#ips.get(sandbox.id);
    if (!sandbox.ready) return { ...sandbox, ips: known ?? [] };
    const ips = known ?? (await this.#runtime.podSandboxIps(sandbox.id));
    if (ips.length > 0 && this.#runtime.real) this.#ips.set(sandbox.id, ips);
    return { ...sandbox, ips };
  }

  async #details(summary: ContainerSummary): Promise<ContainerDetails | undefined> {
    const ended = this.#ended.get(summary.id);
    if (ended !== undefined) return ended;
    const details = await this.#runtime.containerDetails(summary);
    // The status may lag behind the list right after an exit: the next relist reads it again.
    if (details !== undefined && details.state !== summary.state) this.#seen.delete(summary.podUid);
    if (details?.state === "exited" && this.#runtime.real) this.#ended.set(summary.id, details);
    return details;
  }

  /** All pods of the runtime, and those that changed since they were last read. */
  async relist(): Promise<{
    readonly pods: ReadonlyMap<string, Sandbox>;
    readonly changed: string[];
  }> {
    const [sandboxes, containers] = await Promise.all([
      this.#runtime.listPodSandboxes(),
      this.#runtime.listContainers(),
    ]);
    const pods = new Map(sandboxes.map((sandbox) => [sandbox.podUid, sandbox]));
    const sandboxesOf = Map.groupBy(sandboxes, ({ podUid }) => podUid);
    const containersOf = Map.groupBy(containers, ({ podUid }) => podUid);
    const uids = new Set([...pods.keys(), ...containersOf.keys(), ...this.#seen.keys()]);
    const changed = [...uids].filter((uid) => {
      const now = fingerprint(sandboxesOf.get(uid) ?? [], containersOf.get(uid) ?? []);
      return (this.#seen.get(uid) ?? "") !== now;
    });
    return { pods, changed };
  }

  forget(podUid: string, runtime: PodRuntime): void {
    this.#seen.delete(podUid);
    for (const { id } of runtime.sandboxes) this.#ips.delete(id);
    for (const { id } of runtime.containers) this.#ended.delete(id);
  }
}
