import { certificateInfo, type KeyPair, signRequest } from "#apimachinery/pki.ts";
import type { Controller } from "#controllers/controller.ts";
import { parsedRequest, requestPem } from "#controllers/signing-requests.ts";
import { certificatesigningrequests } from "#gen/api/certificates/v1.ts";
import { issued, reconcile } from "./reconcile.ts";

export function csrSigning(authority: KeyPair): Controller {
  return {
    name: "certificatesigningrequest-signing-controller",
    workers: 2,
    watch({ informers, enqueue }) {
      const all = informers.of(certificatesigningrequests);
      const authorityEnd = certificateInfo(authority.certificate).notAfter;
      all.onChange({
        added: ({ metadata }) => enqueue(metadata.name),
        updated: (_, { metadata }) => enqueue(metadata.name),
      });
      return async (name, now) => {
        const csr = all.get("", name);
        if (csr === undefined) return [];
        const plan = reconcile(csr, parsedRequest(csr), { now, authorityEnd });
        if (plan.plan === "nothing") return [];
        if (plan.plan === "refuse") return plan.effects;
        const { usages, seconds } = plan;
        return issued(csr, await signRequest(authority, requestPem(csr), { usages, now, seconds }));
      };
    },
  };
}
