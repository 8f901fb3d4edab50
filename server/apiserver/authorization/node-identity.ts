/** Which node a user is: `system:node:<name>` in the group system:nodes. */
import type { UserInfo } from "#apiserver/attributes.ts";

const prefix = "system:node:";

/** undefined: the user is no node. "": a node without a name, which is allowed nothing. */
export function nodeNameOf(user: UserInfo): string | undefined {
  if (!user.name.startsWith(prefix) || !user.groups.includes("system:nodes")) return undefined;
  return user.name.slice(prefix.length);
}
