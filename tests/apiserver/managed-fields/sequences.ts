/** Writes whose managedFields are compared with the stock server's, by the golden file they are kept in. */
import { applies } from "./applies.ts";
import { creates } from "./creates.ts";
import { custom } from "./custom.ts";
import { scales, updates } from "./updates.ts";
import { refusals, upgrades } from "./upgrades.ts";

export const sequences = { creates, updates, scales, applies, upgrades, refusals, custom } as const;
