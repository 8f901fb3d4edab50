/**
 * The Node authorizer: a node reads what its pods refer to and writes its own objects. What else a node
 * may do is upstream's ClusterRole system:node, evaluated here without any binding.
 */
import { parseFieldSelector } from "#apimachinery/fields.ts";
import type { AuthorizationAttributes, Decision } from "#apiserver/attributes.ts";
import { getObject, type ObjectReads } from "#apiserver/object-reads.ts";
import { leases } from "#gen/api/coordination/v1.ts";
import {
  configmaps,
  nodes,
  persistentvolumeclaims,
  persistentvolumes,
  pods,
  secrets,
  serviceaccounts,
} from "#gen/api/core/v1.ts";
import type { PolicyRule } from "#gen/api/rbac/v1.ts";
import { resourceclaims, resourceslices } from "#gen/api/resource/v1.ts";
import type { ResourceRef } from "#gen/api/resource-ref.ts";
import { csinodes, volumeattachments } from "#gen/api/storage/v1.ts";
import { startClusterRoles } from "#gen/start-objects.ts";
import type { NamedAuthorizer } from "./authorizer.ts";
import { NodeGraph } from "./node-graph.ts";
import { nodeNameOf } from "./node-identity.ts";
import { ruleAllows } from "./rbac-rules.ts";

const allowed: Decision = { allowed: true, reason: "" };
const noOpinion: Decision = { allowed: false, reason: "" };
const leaseNamespace = "kube-node-lease";

const nodeRules: readonly PolicyRule[] =
  startClusterRoles.find((role) => role.metadata.name === "system:node")?.rules ?? [];

function refused(reason: string): Decision {
  return { allowed: false, reason };
}

/** One question of one node. */
interface Asked {
  readonly nodeName: string;
  readonly question: AuthorizationAttributes;
  readonly graph: NodeGraph;
  readonly reads: ObjectReads;
}

type Rule = (asked: Asked) => Decision;

function related({ nodeName, question, graph }: Asked): Decision {
  if (question.name === "") return refused("No Object name found");
  if (graph.reaches(nodeName, question)) return allowed;
  return refused(`no relationship found between node '${nodeName}' and this object`);
}

const readNamespaced: Rule = (asked) => {
  const { verb, subresource, namespace } = asked.question;
  if (!["get", "list", "watch"].includes(verb)) {
    return refused("can only read resources of this type");
  }
  if (subresource !== "") return refused("cannot read subresource");
  if (namespace === "") return refused("can only read namespaced object of this type");
  return related(asked);
};

const getOnly: Rule = (asked) => {
  if (asked.question.verb !== "get") {
    return refused("can only get individual resources of this type");
  }
  if (asked.question.subresource !== "") return refused("cannot get subresource");
  return related(asked);
};

const claim: Rule = (asked) => {
  if (asked.question.subresource !== "status") return getOnly(asked);
  if (!["update", "patch"].includes(asked.question.verb)) {
    return refused("can only get/update/patch this type");
  }
  return related(asked);
};

const serviceAccount: Rule = (asked) => {
  if (asked.question.verb === "get" && asked.question.subresource === "") return related(asked);
  if (asked.question.verb !== "create" || asked.question.subresource !== "token") {
    return refused("can only create tokens for individual service accounts");
  }
  return related(asked);
};

const lease: Rule = ({ nodeName, question: { verb, namespace, name } }) => {
  if (!["get", "create", "update", "patch", "delete"].includes(verb)) {
    return refused("can only get, create, update, patch, or delete a node lease");
  }
  if (namespace !== leaseNamespace) {
    return refused(`can only access leases in the "${leaseNamespace}" system namespace`);
  }
  // A create's name is unknown before its body is read; NodeRestriction compares it.
  if (verb !== "create" && name !== nodeName) {
    return refused("can only access node lease with the same name as the requesting node");
  }
  return allowed;
};

const csiNode: Rule = ({ nodeName, question: { verb, subresource, name } }) => {
  if (!["get", "create", "update", "patch", "delete"].includes(verb)) {
    return refused("can only get, create, update, patch, or delete a CSINode");
  }
  if (subresource !== "") return refused("cannot authorize CSINode subresources");
  if (verb !== "create" && name !== nodeName) {
    return refused("can only access CSINode with the same name as the requesting node");
  }
  return allowed;
};

function selects(question: AuthorizationAttributes, field: string, value: string): boolean {
  try {
    return parseFieldSelector(question.fieldSelector ?? "").some(
      (r) => r.field === field && r.operator === "=" && r.value === value,
    );
  } catch {
    return false;
  }
}

const resourceSlice: Rule = ({ nodeName, question, reads }) => {
  const { verb, name } = question;
  if (verb === "create") return allowed;
  if (["get", "update", "patch", "delete"].includes(verb)) {
    const slice = getObject(reads, resourceslices, { name });
    return slice?.spec.nodeName === nodeName
      ? allowed
      : refused(`no relationship found between node '${nodeName}' and this object`);
  }
  if (["list", "watch", "deletecollection"].includes(verb)) {
    return selects(question, "spec.nodeName", nodeName)
      ? allowed
      : refused("can only list/watch/deletecollection resourceslices with nodeName field selector");
  }
  return refused(
    "only the following verbs are allowed for a ResourceSlice: get, watch, list, create, update, patch, delete, deletecollection",
  );
};

const node: Rule = ({ nodeName, question: { verb, subresource, name } }) => {
  const writes = subresource === "" ? ["create", "update", "patch"] : ["update", "patch"];
  if (["", "status"].includes(subresource) && writes.includes(verb)) return allowed;
  if (subresource !== "" || !["get", "list", "watch"].includes(verb)) return noOpinion;
  if (name === nodeName) return allowed;
  return name === ""
    ? refused(`node '${nodeName}' cannot read all nodes, only its own Node object`)
    : refused(`node '${nodeName}' cannot read '${name}', only its own Node object`);
};

const pod: Rule = (asked) => {
  const { nodeName, question } = asked;
  const { verb, subresource } = question;
  if (subresource === "status") return ["update", "patch"].includes(verb) ? allowed : noOpinion;
  if (subresource === "eviction") return verb === "create" ? allowed : noOpinion;
  if (subresource !== "") return noOpinion;
  if (verb === "get") return related(asked);
  // NodeRestriction limits both to pods of this node.
  if (verb === "create" || verb === "delete") return allowed;
  if (verb !== "list" && verb !== "watch") return noOpinion;
  return selects(question, "spec.nodeName", nodeName)
    ? allowed
    : refused("can only list/watch pods with spec.nodeName field selector");
};

function ruleKey({ group, plural }: Pick<ResourceRef, "group" | "plural">): string {
  return `${group}/${plural}`;
}

const subdivided: ReadonlyMap<string, Rule> = new Map([
  [ruleKey(secrets), readNamespaced],
  [ruleKey(configmaps), readNamespaced],
  [ruleKey(persistentvolumeclaims), claim],
  [ruleKey(persistentvolumes), getOnly],
  [ruleKey(resourceclaims), getOnly],
  [ruleKey(volumeattachments), getOnly],
  [ruleKey(serviceaccounts), serviceAccount],
  [ruleKey(leases), lease],
  [ruleKey(csinodes), csiNode],
  [ruleKey(resourceslices), resourceSlice],
  [ruleKey(nodes), node],
  [ruleKey(pods), pod],
]);

export function nodeAuthorizer(reads: ObjectReads): NamedAuthorizer {
  const graph = new NodeGraph(reads);
  return {
    name: "node",
    authorize(question): Decision {
      const nodeName = nodeNameOf(question.user);
      if (nodeName === undefined) return noOpinion;
      if (nodeName === "") {
        return refused(`unknown node for user ${JSON.stringify(question.user.name)}`);
      }
      const rule = question.isResourceRequest
        ? subdivided.get(ruleKey({ group: question.group, plural: question.resource }))
        : undefined;
      if (rule !== undefined) return rule({ nodeName, question, graph, reads });
      return nodeRules.some((each) => ruleAllows(each, question)) ? allowed : noOpinion;
    },
  };
}
