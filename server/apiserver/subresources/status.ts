/** /status of any resource: the main verbs; the strategy keeps everything but the status. */
import { ownRules } from "./own-rules.ts";

export const status = ownRules({});
