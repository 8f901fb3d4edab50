/** Who may ask the agent: the cluster's administrators, and whom the API server allows the part of the node. */
import type { Client } from "#client/client.ts";
import type { SubjectAccessReview } from "#gen/api/authorization/v1.ts";

export interface Caller {
  readonly commonName: string;
  readonly organizations: readonly string[];
}

/** One of the subresources of nodes is enough: upstream's finer ones, then `proxy`, which is all of them. */
export interface AskedRight {
  readonly verb: string;
  readonly subresources: readonly string[];
}

const verbs: Readonly<Record<string, string>> = {
  POST: "create",
  GET: "get",
  HEAD: "get",
  PUT: "update",
  PATCH: "patch",
  DELETE: "delete",
};

/** By the path's first part. */
const subresources: ReadonlyMap<string, readonly string[]> = new Map([
  ["stats", ["stats"]],
  ["metrics", ["metrics"]],
  ["logs", ["log"]],
  ["checkpoint", ["checkpoint"]],
  ["pods", ["pods", "proxy"]],
  ["runningpods", ["pods", "proxy"]],
  ["healthz", ["healthz", "proxy"]],
  ["configz", ["configz", "proxy"]],
]);

export function askedRight(method: string, pathname: string): AskedRight {
  const [, area = ""] = pathname.split("/");
  return { verb: verbs[method] ?? "", subresources: subresources.get(area) ?? ["proxy"] };
}

/** Upstream's delegated authorization. */
export async function mayAsk(
  client: Client,
  nodeName: string,
  { commonName, organizations }: Caller,
  { verb, subresources: parts }: AskedRight,
): Promise<boolean> {
  if (organizations.includes("system:masters")) return true;
  for (const subresource of parts) {
    const body = {
      apiVersion: "authorization.k8s.io/v1",
      kind: "SubjectAccessReview",
      metadata: {},
      spec: {
        user: commonName,
        groups: [...organizations, "system:authenticated"],
        resourceAttributes: { verb, version: "v1", resource: "nodes", subresource, name: nodeName },
      },
    };
    const path = "/apis/authorization.k8s.io/v1/subjectaccessreviews";
    const review = await client.post<SubjectAccessReview>(path, body);
    if (review.status.allowed) return true;
  }
  return false;
}
