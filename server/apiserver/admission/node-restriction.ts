/** What the Node authorizer cannot see in the URL: a node writes only itself and its own pods. */
import { Buffer } from "node:buffer";
import { meansTheSame } from "#apimachinery/deep-equal.ts";
import { parseSigningRequest } from "#apimachinery/pki.ts";
import { notFound } from "#apimachinery/status.ts";
import type { AdmissionAttributes, AdmissionPlugin } from "#apiserver/attributes.ts";
import { nodeNameOf } from "#apiserver/authorization/node-identity.ts";
import { getObject } from "#apiserver/object-reads.ts";
import type { TokenRequest } from "#gen/api/authentication/v1.ts";
import { certificatesigningrequests } from "#gen/api/certificates/v1.ts";
import { leases } from "#gen/api/coordination/v1.ts";
import {
  type Node,
  nodes,
  type PersistentVolumeClaim,
  type Pod,
  persistentvolumeclaims,
  pods,
  serviceaccounts,
} from "#gen/api/core/v1.ts";
import type { KubeObject } from "#gen/api/meta/v1.ts";
import { resourceslices } from "#gen/api/resource/v1.ts";
import { csinodes } from "#gen/api/storage/v1.ts";
import { type AdmissionParts, draftOf, isOf, oldOf, refused } from "./admission-parts.ts";
import { apiReferenceOf } from "./mirror-references.ts";
import { forbiddenLabels } from "./node-labels.ts";

const mirrorAnnotation = "kubernetes.io/config.mirror";

interface Asked {
  readonly attributes: AdmissionAttributes;
  readonly nodeName: string;
  readonly cache: AdmissionParts["cache"];
}

/** The reason of a refusal; undefined: nothing against it. */
type Fault = string | undefined;

function mirrorOwnerFault({ nodeName, cache }: Asked, pod: Pod): Fault {
  const owners = pod.metadata.ownerReferences ?? [];
  const [owner] = owners;
  const shown = JSON.stringify(nodeName);
  if (owners.length === 0) {
    return `node ${shown} can only create pods with an owner reference set to itself`;
  }
  if (owners.length > 1 || owner === undefined) {
    return `node ${shown} can only create pods with a single owner reference set to itself`;
  }
  if (owner.apiVersion !== "v1" || owner.kind !== "Node" || owner.name !== nodeName) {
    return `node ${shown} can only create pods with an owner reference set to itself`;
  }
  if (owner.controller !== true) {
    return `node ${shown} can only create pods with a controller owner reference set to itself`;
  }
  if (owner.blockOwnerDeletion === true) {
    return `node ${shown} must not set blockOwnerDeletion on an owner reference`;
  }
  const node = getObject(cache, nodes, { name: nodeName });
  const uid = node?.metadata.uid;
  if (uid === owner.uid) return undefined;
  return `node ${nodeName} UID mismatch: expected ${uid} got ${owner.uid}`;
}

function podCreateFault(asked: Asked, pod: Pod): Fault {
  const shown = JSON.stringify(asked.nodeName);
  if (pod.metadata.annotations?.[mirrorAnnotation] === undefined) {
    return `pod does not have ${JSON.stringify(mirrorAnnotation)} annotation, node ${shown} can only create mirror pods`;
  }
  if (pod.spec.nodeName !== asked.nodeName) {
    return `node ${shown} can only create pods with spec.nodeName set to itself`;
  }
  const owner = mirrorOwnerFault(asked, pod);
  if (owner !== undefined) return owner;
  const reference = apiReferenceOf(pod);
  return reference === undefined
    ? undefined
    : `node ${shown} can not create pods that reference ${reference}`;
}

/** Throws NotFound. */
function present(asked: Asked): Pod {
  const { attributes, cache } = asked;
  const { namespace, name } = attributes;
  const pod = getObject(cache, pods, { namespace, name });
  if (pod === undefined) throw notFound({ group: "", resource: "pod", name });
  return pod;
}

function podStatusFault({ attributes, nodeName }: Asked): Fault {
  const old = oldOf(attributes, pods);
  if (attributes.operation !== "UPDATE") return `unexpected operation ${attributes.operation}`;
  const shown = JSON.stringify(nodeName);
  if (old?.spec.nodeName !== nodeName) {
    return `node ${shown} can only update pod status for pods with spec.nodeName set to itself`;
  }
  // Of pods/status, as `old` is.
  const { metadata, status } = attributes.object as Pod;
  if (!meansTheSame(metadata.labels ?? {}, old.metadata.labels ?? {}))
    return `node ${shown} cannot update labels through pod status`;
  return meansTheSame(status?.resourceClaimStatuses, old.status?.resourceClaimStatuses)
    ? undefined
    : `node ${shown} cannot update resource claim statues`;
}

function podFault(asked: Asked): Fault {
  const { attributes, nodeName } = asked;
  const { operation, subresource } = attributes;
  const shown = JSON.stringify(nodeName);
  if (subresource === "status") return podStatusFault(asked);
  if (subresource === "eviction") {
    return present(asked).spec.nodeName === nodeName
      ? undefined
      : `node ${nodeName} can only evict pods with spec.nodeName set to itself`;
  }
  if (subresource !== "") return `unexpected pod subresource ${JSON.stringify(subresource)}`;
  if (operation === "DELETE") {
    return present(asked).spec.nodeName === nodeName
      ? undefined
      : `node ${shown} can only delete pods with spec.nodeName set to itself`;
  }
  const pod = draftOf(attributes, pods);
  if (operation !== "CREATE" || pod === undefined) {
    return `unexpected operation ${JSON.stringify(operation)}, node ${shown} can only create and delete mirror pods`;
  }
  return podCreateFault(asked, pod);
}

function quotedNames(names: readonly string[]): string {
  return [...names].sort().join(", ");
}

function nodeFault(asked: Asked): Fault {
  const { attributes, nodeName } = asked;
  const { operation, name } = attributes;
  // Both a Node and its status hold the whole object.
  const node: KubeObject | undefined = attributes.object;
  const requested = name || (node?.metadata.name ?? "");
  const shown = JSON.stringify(nodeName);
  if (requested !== nodeName) {
    return `node ${shown} is not allowed to modify node ${JSON.stringify(requested)}`;
  }
  if (node === undefined) return undefined;
  const old = oldOf(attributes, nodes);
  if (operation === "UPDATE" && old !== undefined) return nodeUpdateFault(shown, node, old);
  const labels = forbiddenLabels(node.metadata.labels ?? {}, {});
  return labels.length === 0
    ? undefined
    : `node ${shown} is not allowed to set the following labels: ${quotedNames(labels)}`;
}

function nodeUpdateFault(shown: string, node: KubeObject, old: Node): Fault {
  const source = isNode(node) ? node.spec?.configSource : undefined;
  if (source !== undefined && !meansTheSame(source, old.spec?.configSource))
    return `node ${shown} is not allowed to update configSource to a new non-nil configSource`;
  if (!meansTheSame(taintsOf(node), taintsOf(old)))
    return `node ${shown} is not allowed to modify taints`;
  const labels = forbiddenLabels(node.metadata.labels ?? {}, old.metadata.labels ?? {});
  if (labels.length > 0) return `is not allowed to modify labels: ${quotedNames(labels)}`;
  return meansTheSame(node.metadata.ownerReferences, old.metadata.ownerReferences)
    ? undefined
    : `node ${shown} is not allowed to modify ownerReferences`;
}

/** Of a claim a node says what it did to the volume's size, and nothing else. */
function claimFault({ attributes, nodeName }: Asked): Fault {
  const old = oldOf(attributes, persistentvolumeclaims);
  if (attributes.operation !== "UPDATE" || attributes.subresource !== "status") return undefined;
  // Of a claim, as `old` is.
  const claim = attributes.object as PersistentVolumeClaim;
  if (old === undefined || meansTheSame(fixedOf(claim), fixedOf(old))) return undefined;
  return `node ${JSON.stringify(nodeName)} is not allowed to update fields other than status.quantity and status.conditions`;
}

function fixedOf({ metadata, spec, status = {} }: PersistentVolumeClaim): object {
  const { managedFields: _, resourceVersion: __, ...kept } = metadata;
  const { capacity, conditions, allocatedResources, allocatedResourceStatuses, ...rest } = status;
  return { metadata: kept, spec, status: rest };
}

const kubeletSigners: ReadonlySet<string> = new Set([
  "kubernetes.io/kubelet-serving",
  "kubernetes.io/kube-apiserver-client-kubelet",
]);

/** A node asks for certificates in its own name alone. */
function certificateFault({ attributes }: Asked): Fault {
  const request = draftOf(attributes, certificatesigningrequests);
  if (attributes.operation !== "CREATE" || !kubeletSigners.has(request?.spec.signerName ?? ""))
    return undefined;
  const user = attributes.user.name;
  let commonName: string;
  try {
    const pem = Buffer.from(request?.spec.request ?? "", "base64").toString("utf8");
    ({ commonName } = parseSigningRequest(pem));
  } catch {
    return "unable to parse csr: PEM block type must be CERTIFICATE REQUEST";
  }
  return commonName === user ? undefined : `can only create a node CSR with CN=${user}`;
}

function isNode(object: KubeObject): object is Node {
  return object.kind === "Node";
}

function taintsOf(object: KubeObject): readonly object[] {
  return isNode(object) ? (object.spec?.taints ?? []) : [];
}

function isTokenRequest(object: KubeObject | undefined): object is TokenRequest {
  return object?.kind === "TokenRequest" && object.apiVersion === "authentication.k8s.io/v1";
}

/** A node gets tokens only of accounts that its pods run as, bound to those pods. */
function tokenFault({ attributes, nodeName, cache }: Asked): Fault {
  if (!isTokenRequest(attributes.object)) return "unexpected type";
  const { namespace, name } = attributes;
  const bound = attributes.object.spec.boundObjectRef;
  if (bound?.apiVersion !== "v1" || bound.kind !== "Pod" || !bound.name) {
    return "node requested token not bound to a pod";
  }
  if (!bound.uid) return "node requested token with a pod binding without a uid";
  const pod = getObject(cache, pods, { namespace, name: bound.name });
  if (pod === undefined) throw notFound({ group: "", resource: "pod", name: bound.name });
  if (pod.metadata.uid !== bound.uid) {
    return `the UID in the bound object reference (${bound.uid}) does not match the UID in record. The object might have been deleted and then recreated`;
  }
  if (pod.spec.nodeName !== nodeName) {
    return "node requested token bound to a pod scheduled on a different node";
  }
  return pod.spec.serviceAccountName === name
    ? undefined
    : `node requested token for a service account that the pod does not run as`;
}

function leaseFault({ attributes, nodeName }: Asked): Fault {
  const { namespace, name, object } = attributes;
  if (namespace !== "kube-node-lease") {
    return 'can only access leases in the "kube-node-lease" system namespace';
  }
  return (name || object?.metadata.name) === nodeName
    ? undefined
    : "can only access node lease with the same name as the requesting node";
}

function csiNodeFault({ attributes: { name, object }, nodeName }: Asked): Fault {
  return (name || object?.metadata.name) === nodeName
    ? undefined
    : "can only access CSINode with the same name as the requesting node";
}

function resourceSliceFault({ attributes, nodeName }: Asked): Fault {
  const slice = draftOf(attributes, resourceslices);
  if (attributes.operation !== "CREATE" || slice?.spec.nodeName === nodeName) return undefined;
  return "can only create ResourceSlice with the same NodeName as the requesting node";
}

function faultOf(asked: Asked): Fault {
  const { attributes } = asked;
  if (isOf(attributes, pods)) return podFault(asked);
  if (isOf(attributes, nodes)) return nodeFault(asked);
  if (isOf(attributes, persistentvolumeclaims)) return claimFault(asked);
  if (isOf(attributes, certificatesigningrequests)) return certificateFault(asked);
  if (isOf(attributes, leases)) return leaseFault(asked);
  if (isOf(attributes, csinodes)) return csiNodeFault(asked);
  if (isOf(attributes, resourceslices)) return resourceSliceFault(asked);
  if (isOf(attributes, serviceaccounts) && attributes.subresource === "token") {
    return tokenFault(asked);
  }
  return undefined;
}

export function nodeRestriction({ cache }: AdmissionParts): AdmissionPlugin {
  const check = (attributes: AdmissionAttributes): void => {
    const nodeName = nodeNameOf(attributes.user);
    if (nodeName === undefined || attributes.operation === "CONNECT") return;
    if (nodeName === "") {
      const user = JSON.stringify(attributes.user.name);
      throw refused(attributes, `could not determine node from user ${user}`);
    }
    const fault = faultOf({ attributes, nodeName, cache });
    if (fault !== undefined) throw refused(attributes, fault);
  };
  // Before anything is prepared or judged, as upstream has it; where nothing may be changed, with the others.
  return { name: "NodeRestriction", mutate: check, validate: check };
}
