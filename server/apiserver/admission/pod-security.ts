/**
 * The Pod Security Standards, by labels of the namespace: `enforce` refuses, `warn` tells the client (for pods and
 * for whatever makes pods), and a stricter label tells of the pods that are there.
 */
import { deepEqual } from "#apimachinery/deep-equal.ts";
import { invalid } from "#apimachinery/status.ts";
import type { AdmissionAttributes, AdmissionPlugin } from "#apiserver/attributes.ts";
import { getObject, listObjects } from "#apiserver/object-reads.ts";
import { daemonsets, deployments, replicasets, statefulsets } from "#gen/api/apps/v1.ts";
import { cronjobs, jobs } from "#gen/api/batch/v1.ts";
import {
  type Namespace,
  namespaces,
  type Pod,
  type PodTemplateSpec,
  pods,
  podtemplates,
  replicationcontrollers,
} from "#gen/api/core/v1.ts";
import { type AdmissionParts, draftOf, isOf, oldOf, refused } from "./admission-parts.ts";
import {
  enforced,
  isStricter,
  type Labels,
  labelFaults,
  type Policy,
  shownPolicy,
  violationsOf,
  warned,
} from "./pod-security-policy.ts";

/** Of the pods of a namespace whose label is changed: more are not looked at. */
const podsCheckedMax = 3000;

/** `privileged (container "a" must not …), hostPort (…)`; undefined: the pod passes. */
export function told(policy: Policy, { spec, metadata }: PodTemplateSpec): string | undefined {
  if (spec === undefined) return undefined;
  const found = violationsOf(policy, spec, metadata ?? {});
  const sentences = found.map(({ reason, detail }) => `${reason} (${detail})`);
  return found.length === 0 ? undefined : sentences.join(", ");
}

/** The template of whatever makes pods. */
function templateOf(attributes: AdmissionAttributes): PodTemplateSpec | undefined {
  const controller =
    draftOf(attributes, deployments) ??
    draftOf(attributes, replicasets) ??
    draftOf(attributes, daemonsets) ??
    draftOf(attributes, statefulsets) ??
    draftOf(attributes, jobs) ??
    draftOf(attributes, replicationcontrollers);
  if (controller !== undefined) return controller.spec?.template;
  const cronJob = draftOf(attributes, cronjobs);
  return cronJob?.spec.jobTemplate.spec?.template ?? draftOf(attributes, podtemplates)?.template;
}

function isPod(attributes: AdmissionAttributes): boolean {
  return isOf(attributes, pods) && ["", "ephemeralcontainers"].includes(attributes.subresource);
}

function podOf(attributes: AdmissionAttributes): Pod | undefined {
  if (!isPod(attributes)) return undefined;
  // Both the pod and its ephemeralcontainers hold the whole pod.
  return attributes.object as Pod | undefined;
}

/** A running pod is judged again only where it gets other containers or images. */
function isUnchanged({ spec }: Pod, old: Pod | undefined): boolean {
  if (old === undefined) return false;
  const images = (list: readonly { readonly image?: string | undefined }[] = []) =>
    list.map(({ image }) => image ?? "");
  const sameEphemeral = (spec.ephemeralContainers ?? []).every(({ name, image }) =>
    old.spec.ephemeralContainers?.some((one) => one.name === name && one.image === image),
  );
  return (
    sameEphemeral &&
    deepEqual(images(spec.containers), images(old.spec.containers)) &&
    deepEqual(images(spec.initContainers), images(old.spec.initContainers))
  );
}

/** Labels that were bad before may stay as they are. */
function refuseLabels({ metadata }: Namespace, old: Namespace | undefined): void {
  const faults = labelFaults(metadata.labels ?? {});
  const before = labelFaults(old?.metadata.labels ?? {});
  if (faults.length > 0 && !deepEqual(faults, before))
    throw invalid({ group: "", kind: "Namespace" }, metadata.name ?? "", faults);
}

const tightens = (policy: Policy, before: Policy): boolean =>
  policy.level !== "privileged" &&
  (policy.version === before.version
    ? isStricter(policy, before)
    : policy.level !== before.level || policy.version !== before.version);

/** `a (and 1 other pod): hostPort`, by what they break. */
function warningsOf(policy: Policy, name: string, all: readonly Pod[]): readonly string[] {
  const checked = all.slice(0, podsCheckedMax);
  const broken = Map.groupBy(checked, ({ spec, metadata }) =>
    violationsOf(policy, spec, metadata)
      .map(({ reason }) => reason)
      .join(", "),
  );
  broken.delete("");
  const lines = [...broken].map(([reasons, pods]) => {
    const [first = ""] = pods.map(({ metadata }) => metadata.name).sort();
    const more = pods.length - 1;
    const others = more === 0 ? "" : ` (and ${more} other ${more === 1 ? "pod" : "pods"})`;
    return `${first}${others}: ${reasons}`;
  });
  const left =
    checked.length < all.length
      ? [
          `new PodSecurity enforce level only checked against the first ${checked.length} of ${all.length} existing pods`,
        ]
      : [];
  const level = shownPolicy(policy);
  const head = `existing pods in namespace ${JSON.stringify(name)} violate the new PodSecurity enforce level ${level}`;
  return [...left, ...(lines.length > 0 ? [head] : []), ...lines.sort()];
}

export function podSecurity({ cache }: AdmissionParts): AdmissionPlugin {
  const labelsOf = ({ namespace }: AdmissionAttributes): Labels =>
    getObject(cache, namespaces, { name: namespace })?.metadata.labels ?? {};
  const warn = (attributes: AdmissionAttributes, template: PodTemplateSpec): void => {
    const policy = warned(labelsOf(attributes));
    const found = told(policy, template);
    if (found !== undefined)
      attributes.warn(`would violate PodSecurity ${shownPolicy(policy)}: ${found}`);
  };
  const judgeNamespace = (attributes: AdmissionAttributes): void => {
    const namespace = draftOf(attributes, namespaces);
    if (namespace === undefined) return;
    const old = oldOf(attributes, namespaces);
    refuseLabels(namespace, old);
    if (old === undefined) return;
    const policy = enforced(namespace.metadata.labels ?? {});
    if (!tightens(policy, enforced(old.metadata.labels ?? {}))) return;
    const { name } = namespace.metadata;
    const present = listObjects(cache, pods, { namespace: name });
    for (const warning of warningsOf(policy, name, present)) attributes.warn(warning);
  };
  return {
    name: "PodSecurity",
    validate(attributes) {
      if (attributes.operation !== "CREATE" && attributes.operation !== "UPDATE") return;
      judgeNamespace(attributes);
      const template = templateOf(attributes);
      if (template !== undefined) warn(attributes, template);
      const pod = podOf(attributes);
      if (pod === undefined || isUnchanged(pod, oldOf(attributes, pods))) return;
      const policy = enforced(labelsOf(attributes));
      const found = told(policy, pod);
      if (found !== undefined)
        throw refused(attributes, `violates PodSecurity ${shownPolicy(policy)}: ${found}`);
      warn(attributes, pod);
    },
  };
}
