/** selfsubjectreviews: who am I? */
import { formatTime } from "#apimachinery/time.ts";
import type { UserInfo } from "#apiserver/attributes.ts";
import type { SelfSubjectReview, UserInfo as ShownUser } from "#gen/api/authentication/v1.ts";
import type { NamedMeta, ObjectMeta } from "#gen/api/meta/v1.ts";
import type { Review } from "./review.ts";

/** The user as the API shows it: empty parts are absent. */
export function shownUser({ name, uid, groups, extra }: UserInfo): ShownUser {
  const shown: ShownUser = { username: name };
  if (uid !== "") shown.uid = uid;
  if (groups.length > 0) shown.groups = [...groups];
  const entries = Object.entries(extra).map(([key, values]): [string, string[]] => [
    key,
    [...values],
  ]);
  if (entries.length > 0) shown.extra = Object.fromEntries(entries);
  return shown;
}

/** A question has no name. */
const named = (metadata: ObjectMeta) => metadata as NamedMeta;

export const selfSubjectReview: Review<SelfSubjectReview> = async (review, { user, now }) => ({
  ...review,
  metadata: named({ creationTimestamp: formatTime(now) }),
  status: { userInfo: shownUser(user) },
});
