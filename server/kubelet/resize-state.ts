/** What one pod was given by its node, as it changes; the deciding is pod-resize.ts, the carrying out the worker's. */

import { messageOf } from "#apimachinery/error-message.ts";
import { quantityValue } from "#apimachinery/quantity.ts";
import type { Pod, ResourceRequirements } from "#gen/api/core/v1.ts";
import type { ContainerDetails } from "./cri/runtime.ts";
import { containerResources } from "./linux-resources.ts";
import type { NodeContext } from "./node-context.ts";
import type { AppliedResources } from "./pod-memory.ts";
import {
  allocatedPod,
  allocationOf,
  judgeResize,
  type PendingResize,
  resizeMessage,
  samePending,
} from "./pod-resize.ts";
import type { Plan } from "./sync-pod.ts";

export class ResizeState {
  readonly #node: NodeContext;
  #allocation: Map<string, ResourceRequirements>;
  #pending: PendingResize | undefined;
  /** The pod as it was agreed to, until all its containers are so. */
  #underWay: Pod | undefined;

  constructor(node: NodeContext, pod: Pod) {
    this.#node = node;
    this.#allocation = allocationOf(pod);
  }

  get pending(): PendingResize | undefined {
    return this.#pending;
  }

  allocated(pod: Pod): Pod {
    return allocatedPod(pod, this.#allocation);
  }

  /** Agrees to what the pod asks for, or notes why not. True: it has been given something else than before. */
  judge(pod: Pod, others: () => readonly Pod[]): boolean {
    const { allocatable } = this.#node.facts;
    const verdict = judgeResize(pod, this.#allocation, others, allocatable);
    if (verdict === "settled") {
      this.#pending = undefined;
      return false;
    }
    if (verdict === "granted") {
      this.#pending = undefined;
      const containers = [...pod.spec.containers, ...(pod.spec.initContainers ?? [])];
      this.#allocation = new Map(containers.map(({ name, resources = {} }) => [name, resources]));
      this.#underWay = pod;
      this.#tell(pod, "Normal", "ResizeStarted", "Pod resize started");
      return true;
    }
    if (!samePending(this.#pending, verdict)) {
      const { reason, message } = verdict;
      this.#tell(pod, "Warning", `Resize${reason}`, `Pod resize ${reason}`, message);
    }
    this.#pending = verdict;
    return false;
  }

  #tell(
    pod: Pod,
    type: "Normal" | "Warning",
    reason: string,
    subject: string,
    error?: string,
  ): void {
    this.#node.event(pod, undefined, type, reason, resizeMessage(subject, pod, error));
  }

  /** After a step: nothing is left to change. */
  completeUnless(plan: Plan): void {
    if (this.#underWay === undefined) return;
    const busy = plan.actions.some(
      (action) =>
        action.do === "resize-container" ||
        action.do === "start-container" ||
        (action.do === "kill-container" && action.forResize === true),
    );
    if (busy) return;
    this.#tell(this.#underWay, "Normal", "ResizeCompleted", "Pod resize completed");
    this.#underWay = undefined;
  }

  /** What the container may use afterwards; with an error, what it could before. */
  async apply(
    pod: Pod,
    container: ContainerDetails,
    wanted: ResourceRequirements,
    before: AppliedResources,
  ): Promise<AppliedResources> {
    const { runtime, memoryBytes } = this.#node;
    try {
      await this.#refuseBelowUsage(container, wanted, before.resources);
      const resources = containerResources(pod, wanted, memoryBytes);
      await runtime.updateContainerResources(container.id, resources);
      return { containerId: container.id, resources: wanted };
    } catch (error) {
      const text = messageOf(error);
      if (before.error !== text)
        this.#tell(pod, "Warning", "ResizeError", "Pod resize error", text);
      return { ...before, error: text };
    }
  }

  /** The kernel would kill what uses more than it may. */
  async #refuseBelowUsage(
    { podUid, name }: ContainerDetails,
    wanted: ResourceRequirements,
    before: ResourceRequirements,
  ): Promise<void> {
    const [limit, old] = [wanted.limits?.["memory"], before.limits?.["memory"]];
    if (limit === undefined) return;
    const bytes = quantityValue(limit);
    if (old !== undefined && quantityValue(old) <= bytes) return;
    const all = await this.#node.runtime.usage();
    const used = all.find((one) => one.podUid === podUid && one.name === name)?.memoryBytes ?? 0;
    if (used > bytes) {
      throw new Error(
        `attempting to set container ${JSON.stringify(name)} memory limit (${bytes}) below current usage (${used})`,
      );
    }
  }
}
