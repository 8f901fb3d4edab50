/** `npm run gen`: writes everything under server/gen from the facts in proto/. */
import { join } from "node:path";
import { generateTypes } from "./generate/types.ts";

const root = join(import.meta.dirname, "..");
generateTypes(join(root, "proto/facts"), join(root, "server/gen/api"));
