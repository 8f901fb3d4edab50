/** Who may ask the agent: the cluster's administrators, and whom the API server allows nodes/proxy. */
import type { Client } from "#client/client.ts";
import type { SubjectAccessReview } from "#gen/api/authorization/v1.ts";

export interface Caller {
  readonly commonName: string;
  readonly organizations: readonly string[];
}

/** Upstream's delegated authorization: everything but health is `nodes/proxy` of this node. */
export async function mayAsk(
  client: Client,
  nodeName: string,
  { commonName, organizations }: Caller,
  method: string,
): Promise<boolean> {
  if (organizations.includes("system:masters")) return true;
  const verb = method === "GET" || method === "HEAD" ? "get" : "create";
  const body = {
    apiVersion: "authorization.k8s.io/v1",
    kind: "SubjectAccessReview",
    metadata: {},
    spec: {
      user: commonName,
      groups: [...organizations, "system:authenticated"],
      resourceAttributes: {
        verb,
        version: "v1",
        resource: "nodes",
        subresource: "proxy",
        name: nodeName,
      },
    },
  };
  const path = "/apis/authorization.k8s.io/v1/subjectaccessreviews";
  const review = await client.post<SubjectAccessReview>(path, body);
  return review.status.allowed;
}
