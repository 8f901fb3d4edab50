/** What the Node authorizer cannot see in the URL: a node writes only itself and its own pods. */
import { deepEqual } from "#apimachinery/deep-equal.ts";
import { notFound } from "#apimachinery/status.ts";
import type { AdmissionAttributes, AdmissionPlugin } from "#apiserver/attributes.ts";
import { nodeNameOf } from "#apiserver/authorization/node-identity.ts";
import { getObject } from "#apiserver/object-reads.ts";
import type { TokenRequest } from "#gen/api/authentication/v1.ts";
import { leases } from "#gen/api/coordination/v1.ts";
import { type Node, nodes, type Pod, pods, serviceaccounts } from "#gen/api/core/v1.ts";
import type { KubeObject } from "#gen/api/meta/v1.ts";
import { resourceslices } from "#gen/api/resource/v1.ts";
import { csinodes } from "#gen/api/storage/v1.ts";
import { referencesOf } from "#resources/core/v1/pod-references.ts";
import { type AdmissionParts, draftOf, isOf, oldOf, refused } from "./admission-parts.ts";
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
  return node?.metadata.uid === owner.uid ? undefined : `node ${shown} UID mismatch`;
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
  if (pod.spec.serviceAccountName) {
    return `node ${shown} can not create pods that reference a service account`;
  }
  const { secrets, configMaps, claims, resourceClaims } = referencesOf(pod);
  if (secrets.size > 0) return `node ${shown} can not create pods that reference secrets`;
  if (configMaps.size > 0) return `node ${shown} can not create pods that reference configmaps`;
  if (claims.size > 0) {
    return `node ${shown} can not create pods that reference persistentvolumeclaims`;
  }
  return resourceClaims.size === 0
    ? undefined
    : `node ${shown} can not create pods that reference resourceclaims`;
}

function present(asked: Asked): Pod | undefined {
  const { attributes, cache } = asked;
  const { namespace, name } = attributes;
  return oldOf(attributes, pods) ?? getObject(cache, pods, { namespace, name });
}

function podStatusFault({ attributes, nodeName }: Asked): Fault {
  const old = oldOf(attributes, pods);
  if (attributes.operation !== "UPDATE") return `unexpected operation ${attributes.operation}`;
  const shown = JSON.stringify(nodeName);
  if (old?.spec.nodeName !== nodeName) {
    return `node ${shown} can only update pod status for pods with spec.nodeName set to itself`;
  }
  const labels = attributes.object?.metadata.labels ?? {};
  return deepEqual(labels, old.metadata.labels ?? {})
    ? undefined
    : `node ${shown} cannot update labels through pod status`;
}

function podFault(asked: Asked): Fault {
  const { attributes, nodeName } = asked;
  const { operation, subresource } = attributes;
  const shown = JSON.stringify(nodeName);
  if (subresource === "status") return podStatusFault(asked);
  if (subresource === "eviction") {
    return present(asked)?.spec.nodeName === nodeName
      ? undefined
      : `node ${shown} can only evict pods with spec.nodeName set to itself`;
  }
  if (subresource !== "") return `unexpected pod subresource ${JSON.stringify(subresource)}`;
  if (operation === "DELETE") {
    return present(asked)?.spec.nodeName === nodeName
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
  const labels = forbiddenLabels(node.metadata.labels ?? {}, old?.metadata.labels ?? {});
  if (labels.length > 0) {
    const what = operation === "CREATE" ? "set the following labels" : "modify labels";
    return `node ${shown} is not allowed to ${what}: ${quotedNames(labels)}`;
  }
  if (operation !== "UPDATE" || old === undefined) return undefined;
  if (!deepEqual(taintsOf(node), taintsOf(old))) {
    return `node ${shown} is not allowed to modify taints`;
  }
  return undefined;
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
  if (isOf(attributes, leases)) return leaseFault(asked);
  if (isOf(attributes, csinodes)) return csiNodeFault(asked);
  if (isOf(attributes, resourceslices)) return resourceSliceFault(asked);
  if (isOf(attributes, serviceaccounts) && attributes.subresource === "token") {
    return tokenFault(asked);
  }
  return undefined;
}

export function nodeRestriction({ cache }: AdmissionParts): AdmissionPlugin {
  return {
    name: "NodeRestriction",
    validate(attributes) {
      const nodeName = nodeNameOf(attributes.user);
      if (nodeName === undefined || attributes.operation === "CONNECT") return;
      if (nodeName === "") {
        const user = JSON.stringify(attributes.user.name);
        throw refused(attributes, `could not determine node from user ${user}`);
      }
      const fault = faultOf({ attributes, nodeName, cache });
      if (fault !== undefined) throw refused(attributes, fault);
    },
  };
}
