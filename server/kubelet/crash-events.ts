/** Says once a crash that its container waits for its next start. */
import type { Pod } from "#gen/api/core/v1.ts";
import { containerPath, type NodeContext } from "./node-context.ts";
import type { Waiting } from "./pod-memory.ts";
import { containersNamed, type PodRuntime } from "./pod-runtime.ts";

export class CrashEvents {
  readonly #node: NodeContext;
  /** By name, the container whose crash was told last. */
  readonly #told = new Map<string, string>();

  constructor(node: NodeContext) {
    this.#node = node;
  }

  tell(pod: Pod, runtime: PodRuntime, waiting: ReadonlyMap<string, Waiting>): void {
    const { name: podName, namespace, uid } = pod.metadata;
    for (const [name, { reason }] of waiting) {
      const crashed = containersNamed(runtime, name)[0]?.id ?? "";
      if (reason !== "CrashLoopBackOff" || this.#told.get(name) === crashed) continue;
      this.#told.set(name, crashed);
      const where = `container ${name} in pod ${podName}_${namespace}(${uid})`;
      const message = `Back-off restarting failed ${where}`;
      this.#node.event(pod, containerPath(pod, name), "Warning", "BackOff", message);
    }
  }
}
