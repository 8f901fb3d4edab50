import type { Filter } from "./cluster.ts";

export const nodeName: Filter = (pod, { node }) =>
  !pod.spec.nodeName || pod.spec.nodeName === node.metadata.name
    ? undefined
    : { reasons: ["node(s) didn't match the requested node name"], unresolvable: true };
