/** Upstream's RangeAllocation (core/v1), which its published API leaves out: it is stored, never served. */
import type { KubeObject } from "#gen/api/meta/v1.ts";

export interface RangeAllocation extends KubeObject {
  apiVersion: "v1";
  kind: "RangeAllocation";
  range: string;
  /** Base64; unused, since one object stands for one port. */
  data: string;
}
