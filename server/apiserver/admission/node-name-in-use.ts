/**
 * A bootstrap token lets a machine become a node, not become another's: the certificate of a name whose node is
 * Ready is not given to a newcomer. Upstream leaves this check to kubeadm on the joining machine.
 */
import { parseSigningRequest } from "#apimachinery/pki.ts";
import type { AdmissionPlugin } from "#apiserver/attributes.ts";
import { nodeUserPrefix } from "#apiserver/authorization/node-identity.ts";
import { certificatesigningrequests } from "#gen/api/certificates/v1.ts";
import { type Node, nodes } from "#gen/api/core/v1.ts";
import { type AdmissionParts, draftOf, refused } from "./admission-parts.ts";

const signerName = "kubernetes.io/kube-apiserver-client-kubelet";

export function nodeNameInUse({ cache }: AdmissionParts): AdmissionPlugin {
  return {
    name: "NodeNameInUse",
    concerns: [certificatesigningrequests],
    validate(attributes) {
      const { operation, user } = attributes;
      if (operation !== "CREATE" || !user.groups.includes("system:bootstrappers")) return;
      const request = draftOf(attributes, certificatesigningrequests);
      if (request === undefined || request.spec.signerName !== signerName) return;
      const pem = Buffer.from(request.spec.request, "base64").toString("utf8");
      const { commonName } = parseSigningRequest(pem);
      if (!commonName.startsWith(nodeUserPrefix)) return;
      const name = commonName.slice(nodeUserPrefix.length);
      const { group, plural } = nodes;
      const entry = cache.get({ group, resource: plural, namespace: "", name });
      // Only nodes are stored under nodes.
      const node = entry?.object as Node | undefined;
      const ready = node?.status?.conditions?.find(({ type }) => type === "Ready");
      if (ready?.status !== "True") return;
      const why = `a node named ${JSON.stringify(name)} is Ready; delete it, wait until it is not, or take another name`;
      throw refused(attributes, why);
    },
  };
}
