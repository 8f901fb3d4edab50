/** What a namespace's labels ask of its pods: a level and a version for each mode. */
import { type FieldError, invalidValue, Path } from "#apimachinery/field-error.ts";
import type { PodSpec } from "#gen/api/core/v1.ts";
import type { ObjectMeta } from "#gen/api/meta/v1.ts";
import { kubernetesVersion } from "#telemetry/version.ts";
import { baselineControls } from "./pod-security-baseline.ts";
import { restrictedControls } from "./pod-security-restricted.ts";
import { checkAt, type PodCheck, type Violation } from "./pod-security-violation.ts";

const prefix = "pod-security.kubernetes.io/";
const labelsPath = new Path("metadata.labels");
const versionShape = /^v1\.(0|[1-9][0-9]*)$/;
const modes = ["enforce", "audit", "warn"] as const;
const strictness = ["privileged", "baseline", "restricted"];
const latest = Number(kubernetesVersion.split(".")[1]);

export type Labels = Readonly<Record<string, string>>;

/** `restricted:v1.35` */
export interface Policy {
  readonly level: string;
  readonly version: string;
}

export const shownPolicy = ({ level, version }: Policy): string => `"${level}:${version}"`;

const isLevel = (level: string): boolean => strictness.includes(level);
const isVersion = (version: string): boolean => version === "latest" || versionShape.test(version);

export function isStricter(one: Policy, other: Policy): boolean {
  return strictness.indexOf(one.level) > strictness.indexOf(other.level);
}

/** What cannot be read is the strictest where it enforces, and nothing where it only tells. */
function policyOf(labels: Labels, mode: (typeof modes)[number]): Policy {
  const level = labels[prefix + mode] ?? "privileged";
  const version = labels[`${prefix}${mode}-version`] ?? "latest";
  const unread = mode === "enforce" ? "restricted" : "privileged";
  return {
    level: isLevel(level) ? level : unread,
    version: isVersion(version) ? version : "latest",
  };
}

export const enforced = (labels: Labels): Policy => policyOf(labels, "enforce");

/** Who says nothing about warnings is warned of what is enforced. */
export function warned(labels: Labels): Policy {
  const own = policyOf(labels, "warn");
  const enforcedLevel = labels[`${prefix}enforce`] ?? "privileged";
  if (labels[`${prefix}warn`] !== undefined || !isLevel(enforcedLevel)) return own;
  const { level, version } = enforced(labels);
  return labels[`${prefix}warn-version`] === undefined ? { level, version } : { ...own, level };
}

/** Of labels that are no level or no version. */
export function labelFaults(labels: Labels): FieldError[] {
  return modes.flatMap((mode) => {
    const [key, versionKey] = [prefix + mode, `${prefix}${mode}-version`];
    const [level, version] = [labels[key], labels[versionKey]];
    const levels = strictness.join(", ");
    return [
      ...(level === undefined || isLevel(level)
        ? []
        : [invalidValue(labelsPath.key(key), level, `must be one of ${levels}`)]),
      ...(version === undefined || isVersion(version)
        ? []
        : [invalidValue(labelsPath.key(versionKey), version, 'must be "latest" or "v1.x"')]),
    ];
  });
}

const known = new Map<string, readonly PodCheck[]>();

function checksOf({ level, version }: Policy): readonly PodCheck[] {
  const minor =
    version === "latest" ? latest : Math.min(Number(version.slice("v1.".length)), latest);
  const key = `${level} ${minor}`;
  const found = known.get(key) ?? checksAt(level, minor);
  known.set(key, found);
  return found;
}

function checksAt(level: string, minor: number): readonly PodCheck[] {
  if (level === "privileged") return [];
  const strict =
    level === "restricted"
      ? restrictedControls.filter((control) => checkAt(control, minor) !== undefined)
      : [];
  const replaced = new Set(strict.map(({ replaces }) => replaces));
  return [...baselineControls.filter((control) => !replaced.has(control)), ...strict]
    .map((control) => checkAt(control, minor))
    .filter((check) => check !== undefined);
}

/** None: the pod passes. */
export function violationsOf(
  policy: Policy,
  spec: PodSpec,
  metadata: ObjectMeta,
): readonly Violation[] {
  return checksOf(policy).flatMap((check) => check(spec, metadata) ?? []);
}
