/** Pods in every state that a table tells apart. */
import type { Choices } from "../../../random.ts";
import {
  conditionStatus,
  containers,
  counts,
  type Filled,
  inNamespace,
  maybe,
  type Rich,
  someTime,
  upTo,
} from "./filled.ts";

function stateOf(choices: Choices): Filled {
  const reason = choices.of(["", "Error", "OOMKilled", "Completed", "Completed"]);
  const exitCode = choices.of([0, 0, 1, 137]);
  const signal = maybe(choices, choices.of([9, 15]), 0.2);
  return choices.of<Filled>([
    { running: { startedAt: someTime(choices) } },
    { running: {} },
    { waiting: { reason: choices.of(["", "CrashLoopBackOff", "ImagePullBackOff"]) } },
    { waiting: { reason: choices.of(["PodInitializing", "ContainerCreating"]) } },
    { terminated: { exitCode, reason, signal, finishedAt: someTime(choices) } },
    { terminated: { exitCode, reason, signal } },
    {},
  ]);
}

const statusOf = (choices: Choices, { name, image }: Filled): Filled => ({
  name,
  image,
  imageID: "",
  ready: choices.fraction() < 0.6,
  started: maybe(choices, choices.fraction() < 0.7),
  restartCount: choices.of(counts),
  state: stateOf(choices),
  lastState: choices.of([
    {},
    {},
    { terminated: { exitCode: 1, finishedAt: someTime(choices) } },
    { terminated: { exitCode: 1 } },
  ]),
});

function conditionsOf(choices: Choices): Filled[] {
  const types = ["Ready", "Initialized", "PodScheduled", "example.com/gate", "example.com/other"];
  return choices.some(types, 0.6).map((type) => ({
    type,
    status: conditionStatus(choices),
    reason: type === "PodScheduled" ? maybe(choices, "SchedulingGated", 0.3) : undefined,
  }));
}

export function richPod(choices: Choices, name: string): Rich {
  const initContainers = upTo(choices, 3, (index) => ({
    name: `init-${index}`,
    image: "init",
    restartPolicy: maybe(choices, "Always"),
  }));
  const own = containers(choices);
  const gates = ["example.com/gate", "example.com/other", "example.com/third"];
  const spec = {
    containers: own,
    initContainers,
    restartPolicy: "Always",
    nodeName: maybe(choices, "node-of-it"),
    readinessGates: choices.some(gates, 0.4).map((conditionType) => ({ conditionType })),
    terminationGracePeriodSeconds: 30,
  };
  const given = initContainers.slice(0, choices.below(initContainers.length + 1));
  const status = {
    phase: choices.of(["Pending", "Running", "Running", "Succeeded", "Failed", "Unknown"]),
    reason: maybe(choices, choices.of(["Evicted", "NodeLost", "OutOfcpu"]), 0.2),
    nominatedNodeName: maybe(choices, "nominated", 0.2),
    podIPs: choices.of([undefined, [{ ip: "10.1.2.3" }], [{ ip: "fd00::1" }, { ip: "10.1.2.4" }]]),
    conditions: conditionsOf(choices),
    initContainerStatuses: given.map((one) => statusOf(choices, one)),
    containerStatuses: choices.some(own, 0.85).map((one) => statusOf(choices, one)),
  };
  const finalizers = ["example.com/keep"];
  return {
    path: inNamespace("/api/v1", "pods"),
    object: { apiVersion: "v1", kind: "Pod", metadata: { name, finalizers }, spec },
    status: { ...status, podIP: status.podIPs?.[0]?.ip },
  };
}
