/** Warnings about a Pod, be it one or a template of many: what is accepted, but does nothing or not what it seems. */
import { Path } from "#apimachinery/field-error.ts";
import type {
  Affinity,
  Container,
  EnvVar,
  Pod,
  PodSpec,
  PodTemplateSpec,
  Volume,
} from "#gen/api/core/v1.ts";
import { ipWarnings } from "./addresses.ts";
import { byteWarnings, claimSpecWarnings } from "./claims.ts";
import { type Placed, portWarnings } from "./container-ports.ts";
import { outdatedLabel, selectorWarnings, termWarnings } from "./node-labels.ts";
import { pathWarnings } from "./volume-paths.ts";

type Annotations = Readonly<Record<string, string>>;

export function podWarnings({ spec, metadata }: Pod): string[] {
  return allWarnings(spec, metadata.annotations ?? {}, new Path());
}

export function templateWarnings(template: PodTemplateSpec | undefined, path: Path): string[] {
  const { spec, metadata } = template ?? {};
  if (spec === undefined) return [];
  const annotations = metadata?.annotations ?? {};
  return [
    ...allWarnings(spec, annotations, path),
    ...appArmorWarnings(spec, annotations, path.child("metadata", "annotations")),
  ];
}

function allWarnings(spec: PodSpec, annotations: Annotations, path: Path): string[] {
  const specPath = path.child("spec");
  const containers = containersOf(spec, specPath);
  const metadataPath = path.child("metadata", "annotations");
  return [
    ...selectorWarnings(spec.nodeSelector, (key) => specPath.child("nodeSelector").key(key)),
    ...nodeAffinityWarnings(spec.affinity, specPath.child("affinity", "nodeAffinity")),
    ...spreadWarnings(spec, specPath.child("topologySpreadConstraints")),
    ...outdatedAnnotations(annotations, metadataPath),
    ...(spec.volumes ?? []).flatMap((volume, index) =>
      volumeWarnings(volume, specPath.child("volumes").index(index)),
    ),
    ...pathWarnings(spec.volumes ?? []),
    ...doubled(spec.hostAliases, "ip", specPath.child("hostAliases")),
    ...doubled(spec.imagePullSecrets, "name", specPath.child("imagePullSecrets")),
    ...(spec.imagePullSecrets ?? []).flatMap(({ name }, index) =>
      name
        ? []
        : [
            `${specPath.child("imagePullSecrets").index(index).child("name").text}: invalid empty name ""`,
          ],
    ),
    ...["memory", "ephemeral-storage"].flatMap((name) =>
      byteWarnings(specPath.child("overhead").key(name), spec.overhead?.[name]),
    ),
    ...seccompWarnings({ spec, containers }, annotations, metadataPath),
    ...containers.flatMap(containerWarnings),
    ...portWarnings(containers),
    ...((spec.terminationGracePeriodSeconds ?? 0) < 0
      ? [
          `${specPath.child("terminationGracePeriodSeconds").text}: must be >= 0; negative values are invalid and will be treated as 1`,
        ]
      : []),
    ...podAffinityWarnings(spec.affinity, specPath.child("affinity")),
    ...(spec.dnsConfig?.nameservers ?? []).flatMap((address, index) =>
      ipWarnings(specPath.child("dnsConfig", "nameservers").index(index), address),
    ),
    ...(spec.hostAliases ?? []).flatMap(({ ip }, index) =>
      ipWarnings(specPath.child("hostAliases").index(index).child("ip"), ip),
    ),
  ];
}

/** In upstream's order: those that start first come first. */
function containersOf(spec: PodSpec, path: Path): readonly Placed[] {
  return (["initContainers", "containers", "ephemeralContainers"] as const).flatMap((field) =>
    (spec[field] ?? []).map((container, index) => ({
      // An ephemeral container has a container's fields.
      container: container as Container,
      path: path.child(field).index(index),
    })),
  );
}

function nodeAffinityWarnings(affinity: Affinity | undefined, path: Path): string[] {
  const required = affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution;
  const preferred = affinity?.nodeAffinity?.preferredDuringSchedulingIgnoredDuringExecution ?? [];
  const requiredPath = path.child(
    "requiredDuringSchedulingIgnoredDuringExecution",
    "nodeSelectorTerms",
  );
  const preferredPath = path.child("preferredDuringSchedulingIgnoredDuringExecution");
  return [
    ...(required?.nodeSelectorTerms ?? []).flatMap((term, index) =>
      termWarnings(term, requiredPath.index(index), { checksValues: false }),
    ),
    ...preferred.flatMap(({ preference }, index) =>
      termWarnings(preference ?? {}, preferredPath.index(index).child("preference"), {
        checksValues: true,
      }),
    ),
  ];
}

const nobody = "a null labelSelector results in matching no pod";

function spreadWarnings({ topologySpreadConstraints = [] }: PodSpec, path: Path): string[] {
  return topologySpreadConstraints.flatMap(({ topologyKey, labelSelector }, index) => {
    const sentence = outdatedLabel(topologyKey);
    const here = path.index(index);
    return [
      ...(sentence === undefined
        ? []
        : [`${here.child("topologyKey").text}: ${topologyKey} is ${sentence}`]),
      ...(labelSelector === undefined ? [`${here.child("labelSelector").text}: ${nobody}`] : []),
    ];
  });
}

function podAffinityWarnings(affinity: Affinity | undefined, path: Path): string[] {
  return (["podAffinity", "podAntiAffinity"] as const).flatMap((field) => {
    const required = affinity?.[field]?.requiredDuringSchedulingIgnoredDuringExecution ?? [];
    const preferred = affinity?.[field]?.preferredDuringSchedulingIgnoredDuringExecution ?? [];
    const requiredPath = path.child(field, "requiredDuringSchedulingIgnoredDuringExecution");
    const preferredPath = path.child(field, "preferredDuringSchedulingIgnoredDuringExecution");
    return [
      ...required.flatMap(({ labelSelector }, index) =>
        labelSelector === undefined
          ? [`${requiredPath.index(index).child("labelSelector").text}: ${nobody}`]
          : [],
      ),
      ...preferred.flatMap(({ podAffinityTerm }, index) =>
        podAffinityTerm?.labelSelector === undefined
          ? [
              `${preferredPath.index(index).child("podAffinityTerm", "labelSelector").text}: ${nobody}`,
            ]
          : [],
      ),
    ];
  });
}

const outdated: Readonly<Record<string, string>> = {
  "scheduler.alpha.kubernetes.io/critical-pod":
    'non-functional in v1.16+; use the "priorityClassName" field instead',
  "security.alpha.kubernetes.io/sysctls":
    'non-functional in v1.11+; use the "sysctls" field instead',
  "security.alpha.kubernetes.io/unsafe-sysctls":
    'non-functional in v1.11+; use the "sysctls" field instead',
};

function outdatedAnnotations(annotations: Annotations, path: Path): string[] {
  return Object.entries(outdated).flatMap(([key, sentence]) =>
    annotations[key] === undefined ? [] : [`${path.key(key).text}: ${sentence}`],
  );
}

const outdatedVolumes = [
  ["photonPersistentDisk", "photonPersistentDisk", "deprecated in v1.11, non-functional in v1.16+"],
  ["gitRepo", "gitRepo", "deprecated in v1.11, and disabled by default in v1.33+"],
  ["scaleIO", "scaleIO", "deprecated in v1.16, non-functional in v1.22+"],
  ["flocker", "flocker", "deprecated in v1.22, non-functional in v1.25+"],
  ["storageos", "storageOS", "deprecated in v1.22, non-functional in v1.25+"],
  ["quobyte", "quobyte", "deprecated in v1.22, non-functional in v1.25+"],
  ["glusterfs", "glusterfs", "deprecated in v1.25, non-functional in v1.26+"],
  ["cephfs", "cephfs", "deprecated in v1.28, non-functional in v1.31+"],
  ["rbd", "rbd", "deprecated in v1.28, non-functional in v1.31+"],
] as const;

function volumeWarnings(volume: Volume, path: Path): string[] {
  const template = volume.ephemeral?.volumeClaimTemplate;
  return [
    ...outdatedVolumes.flatMap(([field, word, sentence]) =>
      volume[field] === undefined ? [] : [`${path.child(word).text}: ${sentence}`],
    ),
    ...claimSpecWarnings(template?.spec, path.child("ephemeral", "volumeClaimTemplate", "spec")),
  ];
}

function doubled<K extends string>(
  items: readonly { readonly [F in K]?: string | undefined }[] | undefined,
  field: K,
  path: Path,
): string[] {
  const seen = new Set<string>();
  return (items ?? []).flatMap((item, index) => {
    const value = item[field] ?? "";
    const again = seen.has(value);
    seen.add(value);
    return again
      ? [`${path.index(index).child(field).text}: duplicate ${field} ${JSON.stringify(value)}`]
      : [];
  });
}

const seccompSentence = 'non-functional in v1.27+; use the "seccompProfile" field instead';

function seccompWarnings(
  { spec, containers }: { readonly spec: PodSpec; readonly containers: readonly Placed[] },
  annotations: Annotations,
  path: Path,
): string[] {
  const of = (key: string, profile: unknown): string[] =>
    profile === undefined && annotations[key] !== undefined
      ? [`${path.key(key).text}: ${seccompSentence}`]
      : [];
  return [
    ...of("seccomp.security.alpha.kubernetes.io/pod", spec.securityContext?.seccompProfile),
    ...containers.flatMap(({ container: { name, securityContext } }) =>
      of(`container.seccomp.security.alpha.kubernetes.io/${name}`, securityContext?.seccompProfile),
    ),
  ];
}

function appArmorWarnings(spec: PodSpec, annotations: Annotations, path: Path): string[] {
  return containersOf(spec, path).flatMap(({ container: { name, securityContext } }) => {
    const key = `container.apparmor.security.beta.kubernetes.io/${name}`;
    const said = annotations[key];
    const covered = securityContext?.appArmorProfile ?? spec.securityContext?.appArmorProfile;
    if (said === undefined || covered !== undefined) return [];
    return [
      `${path.key(key).text}: deprecated since v1.30; use the "appArmorProfile" field instead`,
    ];
  });
}

function containerWarnings({ container, path }: Placed): string[] {
  const { resources = {}, env = [] } = container;
  const bytes = ["memory", "ephemeral-storage"].flatMap((name) =>
    (["limits", "requests"] as const).flatMap((part) =>
      byteWarnings(path.child("resources", part).key(name), resources[part]?.[name]),
    ),
  );
  return [...bytes, ...envWarnings(env, path.child("env"))];
}

/** A later one may build on the earlier one; one that does not hides it. */
function envWarnings(env: readonly EnvVar[], path: Path): string[] {
  const seen = new Set<string>();
  return env.flatMap(({ name, value = "", valueFrom }, index) => {
    const again = seen.has(name);
    seen.add(name);
    const reference = `$(${name})`;
    const builds = valueFrom === undefined && value !== reference && value.includes(reference);
    if (!again || builds) return [];
    return [
      `${path.index(index).text}: hides previous definition of ${JSON.stringify(name)}, which may be dropped when using apply`,
    ];
  });
}
