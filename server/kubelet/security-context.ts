/** securityContext as CRI takes it. Pure. */
import type { MessageInitShape } from "@bufbuild/protobuf";
import type { Container, EphemeralContainer, Pod, SeccompProfile } from "#gen/api/core/v1.ts";
import {
  type LinuxContainerSecurityContextSchema,
  type LinuxSandboxSecurityContextSchema,
  NamespaceMode,
  type NamespaceOptionSchema,
  SecurityProfile_ProfileType as ProfileType,
  type SecurityProfileSchema,
} from "#gen/cri/runtime/v1/api_pb.ts";
import type { RuntimeImage } from "./cri/runtime.ts";
import { ConfigError } from "./downward.ts";

/** containerd's and upstream's defaults: what of /proc and /sys a container may not see or write. */
const maskedPaths = [
  "/proc/asound",
  "/proc/acpi",
  "/proc/kcore",
  "/proc/keys",
  "/proc/latency_stats",
  "/proc/timer_list",
  "/proc/timer_stats",
  "/proc/sched_debug",
  "/proc/scsi",
  "/sys/firmware",
  "/sys/devices/virtual/powercap",
];
const readonlyPaths = ["/proc/bus", "/proc/fs", "/proc/irq", "/proc/sys", "/proc/sysrq-trigger"];

export function namespaceOptions(pod: Pod): MessageInitShape<typeof NamespaceOptionSchema> {
  const { hostNetwork, hostPID, hostIPC, shareProcessNamespace } = pod.spec;
  const pid =
    hostPID === true
      ? NamespaceMode.NODE
      : shareProcessNamespace === true
        ? NamespaceMode.POD
        : NamespaceMode.CONTAINER;
  return {
    network: hostNetwork === true ? NamespaceMode.NODE : NamespaceMode.POD,
    ipc: hostIPC === true ? NamespaceMode.NODE : NamespaceMode.POD,
    pid,
  };
}

type NamespaceOptions = MessageInitShape<typeof NamespaceOptionSchema>;

/** Where the pod's containers see each other's processes anyway, a target changes nothing. */
function besideTarget(options: NamespaceOptions, targetId: string | undefined): NamespaceOptions {
  if (targetId === undefined || options.pid !== NamespaceMode.CONTAINER) return options;
  return { ...options, pid: NamespaceMode.TARGET, targetId };
}

/** No profile means unconfined, as upstream's default; a localhost profile is a file of the node's seccomp directory. */
function seccomp(
  profile: SeccompProfile | undefined,
  seccompDir: string,
): MessageInitShape<typeof SecurityProfileSchema> {
  if (profile?.type === "RuntimeDefault") return { profileType: ProfileType.RuntimeDefault };
  if (profile?.type === "Localhost") {
    const localhostRef = `${seccompDir}/${profile.localhostProfile ?? ""}`;
    return { profileType: ProfileType.Localhost, localhostRef };
  }
  return { profileType: ProfileType.Unconfined };
}

function supplementalGroups(pod: Pod): bigint[] {
  const { supplementalGroups: groups = [], fsGroup } = pod.spec.securityContext ?? {};
  return [...groups, ...(fsGroup === undefined ? [] : [fsGroup])].map(BigInt);
}

const id = (value: number | undefined) => (value === undefined ? {} : { value: BigInt(value) });

export function sandboxSecurityContext(
  pod: Pod,
  seccompDir: string,
): MessageInitShape<typeof LinuxSandboxSecurityContextSchema> {
  const { runAsUser, runAsGroup, seccompProfile } = pod.spec.securityContext ?? {};
  const containers = [...(pod.spec.initContainers ?? []), ...pod.spec.containers];
  return {
    namespaceOptions: namespaceOptions(pod),
    ...(runAsUser === undefined ? {} : { runAsUser: id(runAsUser) }),
    ...(runAsUser === undefined || runAsGroup === undefined ? {} : { runAsGroup: id(runAsGroup) }),
    supplementalGroups: supplementalGroups(pod),
    privileged: containers.some(({ securityContext }) => securityContext?.privileged === true),
    seccomp:
      seccompProfile === undefined
        ? { profileType: ProfileType.RuntimeDefault }
        : seccomp(seccompProfile, seccompDir),
  };
}

/** runAsNonRoot is proved before the container is made: from the spec's user, else from the image's. */
function refuseRoot(
  pod: Pod,
  container: string,
  user: number | undefined,
  image: RuntimeImage,
): void {
  const where = `pod: "${pod.metadata.name}_${pod.metadata.namespace}(${pod.metadata.uid})", container: ${container}`;
  if (user === 0) throw new ConfigError(`container's runAsUser breaks non-root policy (${where})`);
  if (user !== undefined) return;
  if (image.username !== "") {
    throw new ConfigError(
      `container has runAsNonRoot and image has non-numeric user (${image.username}), cannot verify user is non-root (${where})`,
    );
  }
  if ((image.uid ?? 0) === 0) {
    throw new ConfigError(`container has runAsNonRoot and image will run as root (${where})`);
  }
}

/** `targetId`: the container whose processes this one is to see. */
export function containerSecurityContext(
  pod: Pod,
  container: Container | EphemeralContainer,
  {
    image,
    seccompDir,
    targetId,
  }: { image: RuntimeImage; seccompDir: string; targetId: string | undefined },
): MessageInitShape<typeof LinuxContainerSecurityContextSchema> {
  const own = container.securityContext ?? {};
  const whole = pod.spec.securityContext ?? {};
  const user = own.runAsUser ?? whole.runAsUser;
  const group = own.runAsGroup ?? whole.runAsGroup;
  if ((own.runAsNonRoot ?? whole.runAsNonRoot) === true) {
    refuseRoot(pod, container.name, user, image);
  }
  const runsAs = user ?? image.uid;
  const open = own.procMount === "Unmasked" || own.privileged === true;
  return {
    privileged: own.privileged ?? false,
    readonlyRootfs: own.readOnlyRootFilesystem ?? false,
    noNewPrivs: own.allowPrivilegeEscalation === false,
    ...(runsAs === undefined ? {} : { runAsUser: id(runsAs) }),
    ...(runsAs === undefined && image.username !== "" ? { runAsUsername: image.username } : {}),
    ...(group === undefined ? {} : { runAsGroup: id(group) }),
    supplementalGroups: supplementalGroups(pod),
    capabilities: {
      addCapabilities: own.capabilities?.add ?? [],
      dropCapabilities: own.capabilities?.drop ?? [],
    },
    namespaceOptions: besideTarget(namespaceOptions(pod), targetId),
    seccomp: seccomp(own.seccompProfile ?? whole.seccompProfile, seccompDir),
    maskedPaths: open ? [] : maskedPaths,
    readonlyPaths: open ? [] : readonlyPaths,
  };
}
