/** Every plugin that is on by default, in the order of upstream's default profile. */
import { defaultPreemption } from "./default-preemption.ts";
import { dynamicResources } from "./dynamic-resources.ts";
import { interPodAffinity } from "./inter-pod-affinity.ts";
import { nodeAffinity } from "./node-affinity.ts";
import { nodeDeclaredFeatures } from "./node-declared-features.ts";
import { nodeName } from "./node-name.ts";
import { nodePorts } from "./node-ports.ts";
import { nodeResourcesFit } from "./node-resources-fit.ts";
import { nodeUnschedulable } from "./node-unschedulable.ts";
import { nodeVolumeLimits } from "./node-volume-limits.ts";
import { definePlugin, type Plugin } from "./plugin.ts";
import { podTopologySpread } from "./pod-topology-spread.ts";
import { taintToleration } from "./taint-toleration.ts";
import { volumeBinding } from "./volume-binding.ts";
import { volumeRestrictions } from "./volume-restrictions.ts";
import { volumeZone } from "./volume-zone.ts";

/** Those that refuse nothing need no file here: the queue, the module and `bind.ts` do what they say. */
const registered = [
  definePlugin({ name: "SchedulingGates", points: ["preEnqueue"] }),
  definePlugin({ name: "PrioritySort", points: ["queueSort"] }),
  nodeName,
  nodeUnschedulable,
  taintToleration,
  nodeAffinity,
  nodePorts,
  nodeResourcesFit,
  volumeRestrictions,
  nodeVolumeLimits,
  volumeBinding,
  volumeZone,
  podTopologySpread,
  interPodAffinity,
  dynamicResources,
  defaultPreemption,
  definePlugin({ name: "NodeResourcesBalancedAllocation", points: ["preScore", "score"] }),
  definePlugin({ name: "ImageLocality", points: ["score"] }),
  definePlugin({ name: "DefaultBinder", points: ["bind"] }),
  nodeDeclaredFeatures,
] as const;

export type PluginName = (typeof registered)[number]["name"];

export const plugins: readonly Plugin<PluginName>[] = registered;
