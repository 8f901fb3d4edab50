/** Security contexts, of a Pod and of a container. */
import type { FieldChecks } from "#apimachinery/field-checks.ts";
import type { Path } from "#apimachinery/field-error.ts";
import { isUnixId } from "#apimachinery/validate.ts";
import type {
  AppArmorProfile,
  PodSecurityContext,
  PodSpec,
  SeccompProfile,
  SecurityContext,
} from "#gen/api/core/v1.ts";
import { localDescendingPath } from "./validate-paths.ts";
import { windowsOptions } from "./validate-windows.ts";

const profileTypes = ["Localhost", "RuntimeDefault", "Unconfined"];

function seccompProfile(
  checks: FieldChecks,
  profile: SeccompProfile | undefined,
  path: Path,
): void {
  if (profile === undefined) return;
  const { type, localhostProfile } = profile;
  const here = path.child("localhostProfile");
  if (checks.present(path.child("type"), type, "type is required when seccompProfile is set"))
    checks.oneOf(path.child("type"), type, profileTypes);
  if (type !== "Localhost") {
    if (localhostProfile !== undefined)
      checks.invalid(here, profile, "can only be set when seccomp type is Localhost");
  } else if (localhostProfile === undefined) {
    checks.required(here, "must be set when seccomp type is Localhost");
  } else {
    localDescendingPath(checks, here, localhostProfile);
  }
}

const appArmorBytesMax = 4095;

function appArmorProfile(
  checks: FieldChecks,
  profile: AppArmorProfile | undefined,
  path: Path,
): void {
  if (profile === undefined) return;
  const { type, localhostProfile } = profile;
  const here = path.child("localhostProfile");
  if (!checks.present(path.child("type"), type, "type is required when appArmorProfile is set"))
    return;
  if (type === "Localhost") {
    if (localhostProfile === undefined || localhostProfile === "")
      checks.required(here, "must be set when AppArmor type is Localhost");
    else if (localhostProfile.trim() !== localhostProfile)
      checks.invalid(here, localhostProfile, "must not be padded with whitespace");
    if ((localhostProfile ?? "").length > appArmorBytesMax)
      checks.add([
        {
          reason: "FieldValueTooLong",
          field: here.text,
          message: `Too long: may not be more than ${appArmorBytesMax} bytes`,
        },
      ]);
  } else if (!profileTypes.includes(type)) {
    checks.oneOf(path.child("type"), type, profileTypes);
  } else if (localhostProfile !== undefined) {
    checks.invalid(here, localhostProfile, "can only be set when AppArmor type is Localhost");
  }
}

function unixId(checks: FieldChecks, path: Path, id: number | undefined): void {
  if (id !== undefined) checks.each(path, id, isUnixId(id));
}

export function containerSecurity(
  checks: FieldChecks,
  context: SecurityContext | undefined,
  { path, hostUsers }: { path: Path; hostUsers: boolean },
): void {
  if (context === undefined) return;
  const { privileged, allowPrivilegeEscalation, procMount, capabilities } = context;
  unixId(checks, path.child("runAsUser"), context.runAsUser);
  unixId(checks, path.child("runAsGroup"), context.runAsGroup);
  if (procMount !== undefined) {
    checks.oneOf(path.child("procMount"), procMount, ["Default", "Unmasked"]);
    if (hostUsers && procMount === "Unmasked")
      checks.invalid(
        path.child("procMount"),
        procMount,
        "`hostUsers` must be false to use `Unmasked`",
      );
  }
  seccompProfile(checks, context.seccompProfile, path.child("seccompProfile"));
  if (allowPrivilegeEscalation === false) {
    if (privileged === true)
      checks.invalid(
        path,
        context,
        "cannot set `allowPrivilegeEscalation` to false and `privileged` to true",
      );
    if (capabilities?.add?.includes("CAP_SYS_ADMIN"))
      checks.invalid(
        path,
        context,
        "cannot set `allowPrivilegeEscalation` to false and `capabilities.Add` CAP_SYS_ADMIN",
      );
  }
  windowsOptions(checks, context.windowsOptions, path.child("windowsOptions"));
  appArmorProfile(checks, context.appArmorProfile, path.child("appArmorProfile"));
}

export function podSecurity(checks: FieldChecks, spec: PodSpec, path: Path): void {
  const context = spec.securityContext;
  if (context === undefined) return;
  unixId(checks, path.child("fsGroup"), context.fsGroup);
  unixId(checks, path.child("runAsUser"), context.runAsUser);
  unixId(checks, path.child("runAsGroup"), context.runAsGroup);
  for (const [index, group] of (context.supplementalGroups ?? []).entries())
    unixId(checks, path.child("supplementalGroups").index(index), group);
  sysctls(checks, { context, spec }, path.child("sysctls"));
  const { fsGroupChangePolicy, supplementalGroupsPolicy, seLinuxChangePolicy } = context;
  if (fsGroupChangePolicy !== undefined)
    checks.oneOf(path.child("fsGroupChangePolicy"), fsGroupChangePolicy, [
      "Always",
      "OnRootMismatch",
    ]);
  seccompProfile(checks, context.seccompProfile, path.child("seccompProfile"));
  windowsOptions(checks, context.windowsOptions, path.child("windowsOptions"));
  appArmorProfile(checks, context.appArmorProfile, path.child("appArmorProfile"));
  if (supplementalGroupsPolicy !== undefined)
    checks.oneOf(path.child("supplementalGroupsPolicy"), supplementalGroupsPolicy, [
      "Merge",
      "Strict",
    ]);
  if (seLinuxChangePolicy !== undefined)
    checks.oneOf(path.child("seLinuxChangePolicy"), seLinuxChangePolicy, [
      "MountOption",
      "Recursive",
    ]);
}

const sysctlSegment = "[a-z0-9]([-_a-z0-9]*[a-z0-9])?";
const sysctlPattern = new RegExp(`^(${sysctlSegment}[./])*${sysctlSegment}$`);

function sysctls(
  checks: FieldChecks,
  { context, spec }: { context: PodSecurityContext; spec: PodSpec },
  path: Path,
): void {
  const seen = new Set<string>();
  for (const [index, { name = "" }] of (context.sysctls ?? []).entries()) {
    const here = path.index(index).child("name");
    if (name === "") checks.required(here);
    else if (name.length > 253 || !sysctlPattern.test(name))
      checks.invalid(
        here,
        name,
        `must have at most 253 characters and match regex ${sysctlPattern.source}`,
      );
    else if (seen.has(name)) checks.duplicate(here, name);
    seen.add(name);
    const dotted = dottedSysctl(name);
    if (spec.hostNetwork === true && dotted.startsWith("net."))
      checks.invalid(here, name, "may not be specified when 'hostNetwork' is true");
    if (spec.hostIPC === true && /^(kernel\.(shm|msg|sem)|fs\.mqueue\.)/.test(dotted))
      checks.invalid(here, name, "may not be specified when 'hostIPC' is true");
  }
}

/** `net/ipv4/a.b` and `net.ipv4.a/b` are one: the first separator decides. */
function dottedSysctl(name: string): string {
  const first = /[./]/.exec(name)?.[0];
  if (first !== "/") return name;
  return name.replaceAll(/[./]/g, (separator) => (separator === "/" ? "." : "/"));
}
