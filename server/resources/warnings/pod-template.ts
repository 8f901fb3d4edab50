/** Warnings about a Pod, be it one or a template of many: what is accepted, but does nothing or not what it seems. */
import { Path } from "#apimachinery/field-error.ts";
import type {
  Affinity,
  Container,
  EnvVar,
  LocalObjectReference,
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

/** Resources that come in whole bytes. */
const inBytes = ["memory", "ephemeral-storage"] as const;

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

/** In upstream's order. Each part is gone into only where the Pod has it: every create of a Pod passes here. */
function allWarnings(spec: PodSpec, annotations: Annotations, path: Path): string[] {
  const { affinity, volumes, hostAliases, imagePullSecrets, overhead, dnsConfig } = spec;
  const specPath = path.child("spec");
  const containers = containersOf(spec, specPath);
  const metadataPath = path.child("metadata", "annotations");
  const found: string[] = [];
  const add = (warnings: readonly string[]): void => {
    if (warnings.length > 0) found.push(...warnings);
  };
  add(selectorWarnings(spec.nodeSelector, (key) => specPath.child("nodeSelector").key(key)));
  if (affinity !== undefined)
    add(nodeAffinityWarnings(affinity, specPath.child("affinity", "nodeAffinity")));
  if (spec.topologySpreadConstraints !== undefined)
    add(spreadWarnings(spec, specPath.child("topologySpreadConstraints")));
  add(outdatedAnnotations(annotations, metadataPath));
  volumes?.forEach((volume, index) => {
    add(volumeWarnings(volume, specPath.child("volumes").index(index)));
  });
  if (volumes !== undefined) add(pathWarnings(volumes));
  if (hostAliases !== undefined) add(doubled(hostAliases, "ip", specPath.child("hostAliases")));
  if (imagePullSecrets !== undefined)
    add(pullSecretWarnings(imagePullSecrets, specPath.child("imagePullSecrets")));
  if (overhead !== undefined)
    for (const name of inBytes)
      add(byteWarnings(specPath.child("overhead").key(name), overhead[name]));
  add(seccompWarnings({ spec, containers }, annotations, metadataPath));
  for (const placed of containers) add(containerWarnings(placed));
  add(portWarnings(containers));
  if ((spec.terminationGracePeriodSeconds ?? 0) < 0)
    found.push(
      `${specPath.child("terminationGracePeriodSeconds").text}: must be >= 0; negative values are invalid and will be treated as 1`,
    );
  if (affinity !== undefined) add(podAffinityWarnings(affinity, specPath.child("affinity")));
  dnsConfig?.nameservers?.forEach((address, index) => {
    add(ipWarnings(specPath.child("dnsConfig", "nameservers").index(index), address));
  });
  hostAliases?.forEach(({ ip }, index) => {
    add(ipWarnings(specPath.child("hostAliases").index(index).child("ip"), ip));
  });
  return found;
}

function pullSecretWarnings(secrets: readonly LocalObjectReference[], path: Path): string[] {
  const unnamed = secrets.flatMap(({ name }, index) =>
    name ? [] : [`${path.index(index).child("name").text}: invalid empty name ""`],
  );
  return [...doubled(secrets, "name", path), ...unnamed];
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

const outdated = [
  [
    "scheduler.alpha.kubernetes.io/critical-pod",
    'non-functional in v1.16+; use the "priorityClassName" field instead',
  ],
  [
    "security.alpha.kubernetes.io/sysctls",
    'non-functional in v1.11+; use the "sysctls" field instead',
  ],
  [
    "security.alpha.kubernetes.io/unsafe-sysctls",
    'non-functional in v1.11+; use the "sysctls" field instead',
  ],
] as const;

function outdatedAnnotations(annotations: Annotations, path: Path): string[] {
  const found: string[] = [];
  for (const [key, sentence] of outdated)
    if (annotations[key] !== undefined) found.push(`${path.key(key).text}: ${sentence}`);
  return found;
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
  const found: string[] = [];
  for (const [field, word, sentence] of outdatedVolumes)
    if (volume[field] !== undefined) found.push(`${path.child(word).text}: ${sentence}`);
  const template = volume.ephemeral?.volumeClaimTemplate;
  if (template === undefined) return found;
  const specPath = path.child("ephemeral", "volumeClaimTemplate", "spec");
  return [...found, ...claimSpecWarnings(template.spec, specPath)];
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
  if (Object.keys(annotations).length === 0) return [];
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
  const { resources, env } = container;
  const found: string[] = [];
  for (const name of resources === undefined ? [] : inBytes)
    for (const part of ["limits", "requests"] as const)
      found.push(
        ...byteWarnings(path.child("resources", part).key(name), resources?.[part]?.[name]),
      );
  if (env !== undefined) found.push(...envWarnings(env, path.child("env")));
  return found;
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
