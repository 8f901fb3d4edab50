// What tells nodes of a class apart besides their local key: a vector of numbers a node.
import {
  A_COUNTS,
  ATTRACTION,
  BARE,
  COUNTER,
  DOMAIN,
  FEATURE_BYTES,
  K_FEATURES,
  MISSING,
  OPEN,
  PREFERRED,
  TAINTS,
} from "./abi";
import { localAttraction } from "./plugins/inter-pod-affinity";
import * as nodeAffinity from "./plugins/node-affinity";
import * as taintToleration from "./plugins/taint-toleration";
import { at32, counterOn, domainOf, field, put32 } from "./tables";

function featureOf(cls: usize, feature: usize, node: i32): i32 {
  const kind = load<i32>(feature);
  const id = load<i32>(feature, 4);
  if (kind == TAINTS) return taintToleration.raw(cls, node);
  if (kind == PREFERRED) return nodeAffinity.raw(cls, node);
  if (kind == ATTRACTION) return localAttraction(cls, node);
  const domain = domainOf(load<i32>(feature, 8), node);
  if (domain < 0) return MISSING;
  if (kind == DOMAIN) return domain;
  if (kind == OPEN) return domainOf(id, node) < 0 ? domain | BARE : domain;
  if (kind == COUNTER) return counterOn(id, node);
  return at32(field(<usize>id, A_COUNTS), domain);
}

/** Writes the node's feature vector. */
export function readFeatures(cls: usize, node: i32, into: usize): void {
  const list = field(cls, K_FEATURES);
  const count = load<i32>(list);
  let feature = list + 4;
  for (let i = 0; i < count; i++) {
    put32(into, i, featureOf(cls, feature, node));
    feature += FEATURE_BYTES;
  }
}
