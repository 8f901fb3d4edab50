/** The swaps of the table: one line each. */
import { ourControllers, stockControllers } from "./controllers.ts";
import { helm } from "./helm.ts";
import { ourNode, stockNode } from "./nodes.ts";
import { ourScheduler, stockScheduler } from "./schedulers.ts";
import type { Swap } from "./swap.ts";

export const swaps = (minutes: number): readonly Swap[] => [
  stockScheduler,
  stockControllers(minutes),
  stockNode,
  helm,
  ourScheduler,
  ourControllers(minutes),
  ourNode,
];
