import type { Pod } from "#gen/api/core/v1.ts";

/** Of pods on informers: by the node they run on. */
export const byNode = "node";

export function nodeValues({ spec }: Pod): readonly string[] {
  return spec.nodeName === undefined || spec.nodeName === "" ? [] : [spec.nodeName];
}
