/** Every area: one line each. */
import type { Area } from "./area.ts";
import { clusterUpdates, updates } from "./changes.ts";
import { creates } from "./creates.ts";

export const areas: readonly Area[] = [creates, updates, clusterUpdates];
