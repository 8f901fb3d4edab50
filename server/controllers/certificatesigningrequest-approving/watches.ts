import type { Client } from "#client/client.ts";
import type { Controller } from "#controllers/controller.ts";
import { parsedRequest } from "#controllers/signing-requests.ts";
import type { SubjectAccessReview } from "#gen/api/authorization/v1.ts";
import {
  type CertificateSigningRequest,
  certificatesigningrequests,
} from "#gen/api/certificates/v1.ts";
import { approve, recognize } from "./reconcile.ts";

export const csrApproving: Controller = {
  name: "certificatesigningrequest-approving-controller",
  workers: 2,
  watch({ informers, client, enqueue }) {
    const all = informers.of(certificatesigningrequests);
    all.onChange({
      added: ({ metadata }) => enqueue(metadata.name),
      updated: (_, { metadata }) => enqueue(metadata.name),
    });
    return async (name, now) => {
      const csr = all.get("", name);
      if (csr === undefined) return [];
      const ways = recognize(csr, parsedRequest(csr));
      for (const way of ways) {
        if (await isAllowed(client, csr, way.permission)) return approve(csr, way, now);
      }
      // Upstream tries again while the right may still be on its way (a binding made a moment later).
      if (ways.length > 0) throw new Error("recognized, but the requester has not the right");
      return [];
    };
  },
};

async function isAllowed(
  client: Client,
  { spec }: CertificateSigningRequest,
  subresource: string,
): Promise<boolean> {
  const review = {
    apiVersion: "authorization.k8s.io/v1",
    kind: "SubjectAccessReview",
    metadata: {},
    spec: {
      user: spec.username,
      uid: spec.uid,
      groups: spec.groups,
      extra: spec.extra,
      resourceAttributes: {
        group: "certificates.k8s.io",
        resource: "certificatesigningrequests",
        version: "*",
        verb: "create",
        subresource,
      },
    },
  };
  const path = "/apis/authorization.k8s.io/v1/subjectaccessreviews";
  const answer = await client.post<SubjectAccessReview>(path, review);
  return answer.status.allowed === true;
}
