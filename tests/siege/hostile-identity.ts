/** Who the hostile clients are: a user of their own with every right, so that their certificate opens everything. */

import { createSigningRequest } from "#apimachinery/pki.ts";
import type { Client } from "#client/client.ts";
import type { Kubeconfig } from "#client/kubeconfig.ts";
import { certificatesigningrequests } from "#gen/api/certificates/v1.ts";
import { clusterrolebindings } from "#gen/api/rbac/v1.ts";
import { waitFor } from "#tests/support/cluster.ts";

const name = "hostile";
const rbac = "rbac.authorization.k8s.io";

/** Asks the cluster for the certificate, as an administrator would for anybody. */
export async function hostileIdentity(client: Client, admin: Kubeconfig): Promise<Kubeconfig> {
  await client.create(clusterrolebindings, "", {
    metadata: { name },
    roleRef: { apiGroup: rbac, kind: "ClusterRole", name: "cluster-admin" },
    subjects: [{ apiGroup: rbac, kind: "User", name }],
  });
  const { request, privateKey } = await createSigningRequest({ commonName: name });
  const asked = await client.create(certificatesigningrequests, "", {
    metadata: { name },
    spec: {
      request: Buffer.from(request).toString("base64"),
      signerName: "kubernetes.io/kube-apiserver-client",
      usages: ["client auth"],
    },
  });
  const conditions = [{ type: "Approved", status: "True", reason: "Siege" }];
  await client.updateSubresource(certificatesigningrequests, "approval", {
    ...asked,
    status: { conditions },
  });
  const certificate = async (): Promise<string> =>
    (await client.get(certificatesigningrequests, "", name)).status?.certificate ?? "";
  await waitFor("the hostile certificate", async () => (await certificate()) !== "");
  return {
    server: admin.server,
    certificateAuthority: admin.certificateAuthority,
    certificate: Buffer.from(await certificate(), "base64").toString("utf8"),
    privateKey,
  };
}
