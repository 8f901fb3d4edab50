/**
 * The Pod Security Standards, by labels of the namespace: `enforce` refuses, `warn` tells the client
 * (for pods and for whatever makes pods). Versions are shown, the newest rules are applied.
 */
import { deepEqual } from "#apimachinery/deep-equal.ts";
import { invalidValue, Path } from "#apimachinery/field-error.ts";
import { invalid } from "#apimachinery/status.ts";
import type { AdmissionAttributes, AdmissionPlugin } from "#apiserver/attributes.ts";
import { getObject } from "#apiserver/object-reads.ts";
import { daemonsets, deployments, replicasets, statefulsets } from "#gen/api/apps/v1.ts";
import { cronjobs, jobs } from "#gen/api/batch/v1.ts";
import {
  namespaces,
  type Pod,
  type PodSpec,
  type PodTemplateSpec,
  pods,
  podtemplates,
  replicationcontrollers,
} from "#gen/api/core/v1.ts";
import type { ObjectMeta } from "#gen/api/meta/v1.ts";
import { type AdmissionParts, draftOf, isOf, oldOf, refused } from "./admission-parts.ts";
import { baselineChecks } from "./pod-security-baseline.ts";
import { restrictedChecks } from "./pod-security-restricted.ts";
import type { PodCheck } from "./pod-security-violation.ts";

const prefix = "pod-security.kubernetes.io/";
const versionShape = /^(latest|v1\.(0|[1-9][0-9]*))$/;
const modes = ["enforce", "audit", "warn"] as const;
const checksOfLevel: Readonly<Record<string, readonly PodCheck[]>> = {
  privileged: [],
  baseline: baselineChecks,
  restricted: restrictedChecks,
};

interface Policy {
  readonly level: string;
  readonly version: string;
}

type Labels = Readonly<Record<string, string>>;

/** An unknown level is refused when it is set; one that slipped in counts as the strictest, as upstream. */
function policyOf(labels: Labels, mode: (typeof modes)[number]): Policy {
  const level = labels[`${prefix}${mode}`] ?? "privileged";
  const version = labels[`${prefix}${mode}-version`] ?? "latest";
  return { level: checksOfLevel[level] === undefined ? "restricted" : level, version };
}

/** `privileged (container "a" must not …), hostPort (…)`; undefined: the pod passes. */
function violations(policy: Policy, spec: PodSpec, metadata: ObjectMeta): string | undefined {
  const found = (checksOfLevel[policy.level] ?? []).flatMap((check) => {
    const violation = check(spec, metadata);
    return violation === undefined ? [] : [`${violation.reason} (${violation.detail})`];
  });
  return found.length === 0 ? undefined : found.join(", ");
}

function shown({ level, version }: Policy): string {
  return JSON.stringify(`${level}:${version}`);
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

/** Only what a check looks at can turn a running pod into a violation. */
function isUnchanged(pod: Pod, old: Pod | undefined): boolean {
  if (old === undefined) return false;
  const watched = ({ spec }: Pod) => [
    spec.initContainers ?? [],
    spec.containers ?? [],
    spec.ephemeralContainers ?? [],
    spec.securityContext ?? {},
  ];
  return deepEqual(watched(pod), watched(old));
}

function checkNamespaceLabels(attributes: AdmissionAttributes): void {
  const namespace = draftOf(attributes, namespaces);
  const labels = namespace?.metadata.labels ?? {};
  const path = new Path("metadata").child("labels");
  const causes = modes.flatMap((mode) => {
    const key = `${prefix}${mode}`;
    const value = labels[key];
    const version = labels[`${key}-version`];
    const levelFault =
      value === undefined || checksOfLevel[value] !== undefined
        ? []
        : [invalidValue(path.key(key), value, "must be one of privileged, baseline, restricted")];
    const versionFault =
      version === undefined || versionShape.test(version)
        ? []
        : [invalidValue(path.key(`${key}-version`), version, 'must be "latest" or "v1.x"')];
    return [...levelFault, ...versionFault];
  });
  if (causes.length === 0) return;
  throw invalid({ group: "", kind: "Namespace" }, namespace?.metadata.name ?? "", causes);
}

export function podSecurity({ cache }: AdmissionParts): AdmissionPlugin {
  const labelsOf = ({ namespace }: AdmissionAttributes): Labels =>
    getObject(cache, namespaces, { name: namespace })?.metadata.labels ?? {};
  const warn = (attributes: AdmissionAttributes, template: PodTemplateSpec | Pod): void => {
    const policy = policyOf(labelsOf(attributes), "warn");
    const { spec, metadata } = template;
    if (policy.level === "privileged" || spec === undefined) return;
    const found = violations(policy, spec, metadata ?? {});
    if (found !== undefined)
      attributes.warn(`would violate PodSecurity ${shown(policy)}: ${found}`);
  };
  return {
    name: "PodSecurity",
    validate(attributes) {
      if (attributes.operation !== "CREATE" && attributes.operation !== "UPDATE") return;
      if (isOf(attributes, namespaces)) checkNamespaceLabels(attributes);
      const template = templateOf(attributes);
      if (template !== undefined) warn(attributes, template);
      const pod = podOf(attributes);
      if (pod === undefined || isUnchanged(pod, oldOf(attributes, pods))) return;
      const policy = policyOf(labelsOf(attributes), "enforce");
      const found = violations(policy, pod.spec, pod.metadata);
      if (found !== undefined) {
        throw refused(attributes, `violates PodSecurity ${shown(policy)}: ${found}`);
      }
      warn(attributes, pod);
    },
  };
}
