// What one node answers a class: the filters in upstream's order, first with the pods that are nominated to
// the node, then without.
import {
  G_FEATURES,
  H_ALIVE,
  H_SCRATCH,
  V_ADDED_AFFINITY,
  V_NO_NODE,
  V_NODE_AFFINITY,
  V_NODE_NAME,
  V_PORTS,
  V_TAINT,
  V_UNRESOLVABLE,
  V_UNSCHEDULABLE,
} from "./abi";
import { readFeatures } from "./features";
import * as nodeQuestions from "./node-questions";
import * as dynamicResources from "./plugins/dynamic-resources";
import * as interPodAffinity from "./plugins/inter-pod-affinity";
import * as nodeAffinity from "./plugins/node-affinity";
import * as nodeName from "./plugins/node-name";
import * as nodePorts from "./plugins/node-ports";
import * as nodeResourcesFit from "./plugins/node-resources-fit";
import * as nodeUnschedulable from "./plugins/node-unschedulable";
import * as nodeVolumeLimits from "./plugins/node-volume-limits";
import * as podTopologySpread from "./plugins/pod-topology-spread";
import * as taintToleration from "./plugins/taint-toleration";
import * as volumeBinding from "./plugins/volume-binding";
import * as volumeRestrictions from "./plugins/volume-restrictions";
import * as volumeZone from "./plugins/volume-zone";
import { applyNominated, firstNominated } from "./pods";
import { header, rowHas } from "./tables";

function staticVerdict(cls: usize, node: i32): u32 {
  const block = node >> 6;
  const bit = (<u64>1) << (node & 63);
  if (nodeUnschedulable.filter(cls, block) & bit) return V_UNSCHEDULABLE | V_UNRESOLVABLE;
  if (nodeName.filter(cls, block) & bit) return V_NODE_NAME | V_UNRESOLVABLE;
  if (taintToleration.filter(cls, block) & bit) return V_TAINT | V_UNRESOLVABLE;
  if (nodeAffinity.addedFilter(cls, block) & bit) return V_ADDED_AFFINITY | V_UNRESOLVABLE;
  if (nodeAffinity.filter(cls, block) & bit) return V_NODE_AFFINITY | V_UNRESOLVABLE;
  return 0;
}

/** The first filter's refusal of one node, with all of that filter's reasons; 0: it fits. */
function verdictNow(cls: usize, node: i32): u32 {
  const fixed = staticVerdict(cls, node);
  if (fixed != 0) return fixed;
  if (nodePorts.refuses(cls, node)) return V_PORTS;
  const fit = nodeResourcesFit.verdict(cls, node);
  if (fit != 0) return fit;
  const disk = volumeRestrictions.verdict(cls, node);
  if (disk != 0) return disk;
  const limit = nodeVolumeLimits.verdict(cls, node);
  if (limit != 0) return limit;
  const volume = volumeBinding.verdict(cls, node);
  if (volume != 0) return volume;
  const zone = volumeZone.verdict(cls, node);
  if (zone != 0) return zone;
  const features = header(H_SCRATCH) + G_FEATURES;
  readFeatures(cls, node, features);
  const spread = podTopologySpread.verdict(cls, features);
  if (spread != 0) return spread;
  const affinity = interPodAffinity.nodeVerdict(cls, node, features);
  if (affinity != 0) return affinity;
  const devices = dynamicResources.verdict(cls, node);
  return devices != 0 ? devices : nodeQuestions.verdict(cls, node);
}

/** The refusal that pods nominated to the node cause; 0: none, or none is nominated. */
export function nominatedVerdict(cls: usize, node: i32): u32 {
  if (firstNominated(node) == 0 || applyNominated(cls, node, 1) == 0) return 0;
  const verdict = verdictNow(cls, node);
  applyNominated(cls, node, -1);
  return verdict;
}

/** What the node answers; uses the scratch area's first group. */
export function verdictOf(cls: usize, node: i32): u32 {
  if (!rowHas(header(H_ALIVE), node)) return V_NO_NODE;
  const verdict = nominatedVerdict(cls, node);
  return verdict != 0 ? verdict : verdictNow(cls, node);
}
