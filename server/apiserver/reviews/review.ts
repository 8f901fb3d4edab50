/** Questions asked by creating an object: answered at once, stored nowhere. */
import type { UserInfo } from "#apiserver/attributes.ts";
import type { KubeObject } from "#gen/api/meta/v1.ts";

export interface Asking {
  readonly user: UserInfo;
  /** Of the URL; "" for cluster scope. */
  readonly namespace: string;
  readonly now: Date;
}

/** The object as asked (decoded, the review's own kind) with its status filled. Throws ApiError. */
export type Review<T extends KubeObject = KubeObject> = (object: T, asking: Asking) => Promise<T>;
