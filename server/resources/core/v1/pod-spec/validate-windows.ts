/** What only Windows Pods have, and what they cannot have. */
import type { FieldChecks } from "#apimachinery/field-checks.ts";
import type { Path } from "#apimachinery/field-error.ts";
import { isDNS1123Subdomain } from "#apimachinery/validate.ts";
import type { PodSpec, WindowsSecurityContextOptions } from "#gen/api/core/v1.ts";
import { eachContainer } from "./each-container.ts";

const credentialBytesMax = 64 * 1024;
const domainBytesMax = 255;
const userBytesMax = 104;

const dnsLabel = "[a-zA-Z0-9](?:[a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?";
const dnsDomain = new RegExp(`^${dnsLabel}(?:\\.${dnsLabel})*$`);
const netBiosDomain = /^[^\\/:*?"<>|.][^\\/:*?"<>|]{0,14}$/;

export function windowsOptions(
  checks: FieldChecks,
  options: WindowsSecurityContextOptions | undefined,
  path: Path,
): void {
  const {
    gmsaCredentialSpecName: specName,
    gmsaCredentialSpec: spec,
    runAsUserName,
  } = options ?? {};
  if (specName !== undefined)
    checks.each(path.child("gmsaCredentialSpecName"), specName, isDNS1123Subdomain(specName));
  const specPath = path.child("gmsaCredentialSpec");
  if (spec === "") checks.invalid(specPath, spec, "gmsaCredentialSpec cannot be an empty string");
  else if (spec !== undefined && Buffer.byteLength(spec) > credentialBytesMax)
    checks.invalid(specPath, spec, "gmsaCredentialSpec size must be under 64 KiB");
  if (runAsUserName !== undefined)
    for (const sentence of userNameFaults(runAsUserName))
      checks.invalid(path.child("runAsUserName"), runAsUserName, sentence);
}

function userNameFaults(name: string): string[] {
  if (name === "") return ["runAsUserName cannot be an empty string"];
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is looked for
  if (/[\u0000-\u001f\u007f]/.test(name))
    return ["runAsUserName cannot contain control characters"];
  const parts = name.split("\\");
  if (parts.length > 2) return ["runAsUserName cannot contain more than one backslash"];
  const user = parts.at(-1) ?? "";
  const domain = parts.length === 2 ? (parts[0] ?? "") : undefined;
  const faults: string[] = [];
  if (domain !== undefined && domain.length > domainBytesMax)
    faults.push("runAsUserName's Domain length must be under 256 characters");
  if (domain !== undefined && !netBiosDomain.test(domain) && !dnsDomain.test(domain))
    faults.push("runAsUserName's Domain doesn't match the NetBios nor the DNS format");
  if (user === "") faults.push("runAsUserName's User cannot be empty");
  else if (user.length > userBytesMax)
    faults.push(`runAsUserName's User length must not be longer than ${userBytesMax} characters`);
  if (/^[. ]+$/.test(user))
    faults.push("runAsUserName's User cannot contain only periods or spaces");
  if (/["/\\:;|=,+*?<>@[\]]/.test(user))
    faults.push("runAsUserName's User cannot contain the following characters: \"/\\:;|=,+*?<>@[]");
  return faults;
}

const podFields = [
  "appArmorProfile",
  "seLinuxOptions",
  "seccompProfile",
  "fsGroup",
  "fsGroupChangePolicy",
  "sysctls",
  "runAsUser",
  "runAsGroup",
  "supplementalGroups",
  "supplementalGroupsPolicy",
  "seLinuxChangePolicy",
] as const;
const containerFields = [
  "appArmorProfile",
  "seLinuxOptions",
  "seccompProfile",
  "capabilities",
  "readOnlyRootFilesystem",
  "privileged",
  "allowPrivilegeEscalation",
  "procMount",
  "runAsUser",
  "runAsGroup",
] as const;

/** spec.os decides which fields make no sense. */
export function validateOS(checks: FieldChecks, spec: PodSpec, path: Path): void {
  if (spec.os === undefined) return;
  const { name } = spec.os;
  if (!checks.present(path.child("os", "name"), name)) return;
  if (name === "windows") forWindows(checks, spec, path);
  else if (name === "linux") forLinux(checks, spec, path);
  else checks.oneOf(path.child("os"), name, ["linux", "windows"]);
}

function forLinux(checks: FieldChecks, spec: PodSpec, path: Path): void {
  const sentence = "windows options cannot be set for a linux pod";
  const context = path.child("securityContext", "windowsOptions");
  if (spec.securityContext?.windowsOptions !== undefined) checks.forbidden(context, sentence);
  for (const { container, path: here } of eachContainer(spec, path))
    if (container.securityContext?.windowsOptions !== undefined)
      checks.forbidden(here.child("securityContext", "windowsOptions"), sentence);
}

function forWindows(checks: FieldChecks, spec: PodSpec, path: Path): void {
  const sentence = "cannot be set for a windows pod";
  for (const field of podFields)
    if (spec.securityContext?.[field] !== undefined)
      checks.forbidden(path.child("securityContext", field), sentence);
  for (const field of ["hostUsers", "hostPID", "hostIPC", "shareProcessNamespace"] as const)
    if (
      spec[field] !== undefined &&
      (spec[field] || field === "hostUsers" || field === "shareProcessNamespace")
    )
      checks.forbidden(path.child(field), sentence);
  for (const { container, path: here } of eachContainer(spec, path))
    for (const field of containerFields)
      if (container.securityContext?.[field] !== undefined)
        checks.forbidden(here.child("securityContext", field), sentence);
}

/** Host-process containers share the host: all of them or none, and on its network. */
export function validateHostProcess(checks: FieldChecks, spec: PodSpec, path: Path): void {
  const podWide = spec.securityContext?.windowsOptions?.hostProcess;
  let some = false;
  let all = true;
  for (const { container, path: here } of eachContainer(spec, path)) {
    const own = container.securityContext?.windowsOptions?.hostProcess;
    if (podWide !== undefined && own !== undefined && own !== podWide)
      checks.invalid(
        here.child("securityContext", "windowsOptions", "hostProcess"),
        own,
        `pod hostProcess value must be identical if both are specified, was ${podWide}`,
      );
    if (own ?? podWide ?? false) some = true;
    else all = false;
  }
  if (!some) return;
  if (!all)
    checks.invalid(
      path,
      "",
      "If pod contains any hostProcess containers then all containers must be HostProcess containers",
    );
  if (spec.hostNetwork !== true)
    checks.invalid(
      path.child("hostNetwork"),
      spec.hostNetwork ?? false,
      "hostNetwork must be true if pod contains any hostProcess containers",
    );
}
