/** Which node a user is: `system:node:<name>` in the group system:nodes. */
import type { UserInfo } from "#apiserver/attributes.ts";

export const nodeUserPrefix = "system:node:";
export const nodesGroup = "system:nodes";

/** undefined: the user is no node. "": a node without a name, which is allowed nothing. */
export function nodeNameOf(user: UserInfo): string | undefined {
  if (!user.name.startsWith(nodeUserPrefix) || !user.groups.includes(nodesGroup)) return undefined;
  return user.name.slice(nodeUserPrefix.length);
}
