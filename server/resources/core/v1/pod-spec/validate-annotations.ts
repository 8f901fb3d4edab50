/** Annotations with a meaning: mirror Pods, deletion cost, security profiles of old. */
import type { FieldChecks } from "#apimachinery/field-checks.ts";
import { Path } from "#apimachinery/field-error.ts";
import type { AppArmorProfile, Pod, PodSpec, SeccompProfile } from "#gen/api/core/v1.ts";
import { eachContainer } from "./each-container.ts";
import { localDescendingPath } from "./validate-paths.ts";

const annotationsPath = new Path("metadata.annotations");
export const mirrorAnnotation = "kubernetes.io/config.mirror";
export const appArmorPrefix = "container.apparmor.security.beta.kubernetes.io/";
const deletionCost = "controller.kubernetes.io/pod-deletion-cost";
const seccompPod = "seccomp.security.alpha.kubernetes.io/pod";
const seccompPrefix = "container.seccomp.security.alpha.kubernetes.io/";

interface Annotated {
  readonly annotations: Readonly<Record<string, string>>;
  readonly spec: PodSpec;
}

export function podAnnotations(
  checks: FieldChecks,
  { annotations, spec }: Annotated,
  path: Path,
): void {
  const mirror = annotations[mirrorAnnotation];
  if (mirror !== undefined && !spec.nodeName)
    checks.invalid(
      path.key(mirrorAnnotation),
      mirror,
      "must set spec.nodeName if mirror pod annotation is set",
    );
  const cost = annotations[deletionCost];
  if (cost !== undefined && !isInt32(cost))
    checks.invalid(path.key(deletionCost), cost, "must be a 32bit integer");
  for (const [name, value] of Object.entries(annotations)) {
    if (name === seccompPod || name.startsWith(seccompPrefix))
      seccompValue(checks, path.child(name), value);
    if (!name.startsWith(appArmorPrefix)) continue;
    const container = name.slice(appArmorPrefix.length);
    if (!eachContainer(spec).some((placed) => placed.container.name === container))
      checks.invalid(path.key(name), container, "container not found");
    if (
      value !== "" &&
      value !== "runtime/default" &&
      value !== "unconfined" &&
      !value.startsWith("localhost/")
    )
      checks.invalid(
        path.key(name),
        value,
        `invalid AppArmor profile name: ${JSON.stringify(value)}`,
      );
  }
}

/** On every update, that of the status too: what stands there is judged once more. */
export function annotationUpdates(checks: FieldChecks, { metadata, spec }: Pod, old: Pod): void {
  const now = metadata.annotations ?? {};
  const before = old.metadata.annotations ?? {};
  for (const name of new Set([...Object.keys(before), ...Object.keys(now)])) {
    if (now[name] === before[name]) continue;
    const verb = before[name] === undefined ? "add" : "remove or update";
    if (name.startsWith(appArmorPrefix))
      checks.forbidden(annotationsPath.key(name), `may not ${verb} AppArmor annotations`);
    if (name === mirrorAnnotation)
      checks.forbidden(annotationsPath.key(name), `may not ${verb} mirror pod annotation`);
  }
  podAnnotations(checks, { annotations: now, spec }, annotationsPath);
}

/** As upstream reads it: a sign only where it is needed, no leading zeros. */
function isInt32(text: string): boolean {
  if (!/^(0|-?[1-9]\d*)$/.test(text)) return false;
  const value = Number(text);
  return value >= -(2 ** 31) && value < 2 ** 31;
}

function seccompValue(checks: FieldChecks, path: Path, value: string): void {
  if (["runtime/default", "docker/default", "unconfined"].includes(value)) return;
  if (value.startsWith("localhost/"))
    localDescendingPath(checks, path, value.slice("localhost/".length));
  else checks.invalid(path, value, "must be a valid seccomp profile");
}

type Profile = SeccompProfile | AppArmorProfile;

/** Where both a field and an annotation speak, they must say the same. */
export function profileAnnotations(
  checks: FieldChecks,
  { annotations, spec }: Annotated,
  path: Path,
): void {
  const pod = spec.securityContext;
  const podSeccomp = annotations[seccompPod];
  if (pod?.seccompProfile !== undefined && podSeccomp !== undefined)
    sameProfile(
      checks,
      { profile: pod.seccompProfile, annotation: podSeccomp },
      path.child("securityContext", "seccompProfile"),
    );
  for (const { container, path: here } of eachContainer(spec, path)) {
    const own = container.securityContext;
    const seccomp = annotations[seccompPrefix + container.name];
    if (own?.seccompProfile !== undefined && seccomp !== undefined)
      sameProfile(
        checks,
        { profile: own.seccompProfile, annotation: seccomp },
        here.child("securityContext", "seccompProfile"),
      );
    const appArmor = annotations[appArmorPrefix + container.name];
    const profile = own?.appArmorProfile ?? pod?.appArmorProfile;
    if (profile !== undefined && appArmor !== undefined && spec.os?.name !== "windows")
      sameProfile(
        checks,
        { profile, annotation: appArmor },
        here.child("securityContext", "appArmorProfile"),
      );
  }
}

function sameProfile(
  checks: FieldChecks,
  { profile, annotation }: { profile: Profile; annotation: string },
  path: Path,
): void {
  const { type, localhostProfile } = profile;
  const typeSentence = "type in annotation and field must match";
  if (type === "Unconfined" && annotation !== "unconfined")
    checks.forbidden(path.child("type"), typeSentence);
  if (
    type === "RuntimeDefault" &&
    annotation !== "runtime/default" &&
    annotation !== "docker/default"
  )
    checks.forbidden(path.child("type"), typeSentence);
  if (type !== "Localhost") return;
  if (!annotation.startsWith("localhost/")) checks.forbidden(path.child("type"), typeSentence);
  else if (annotation.slice("localhost/".length) !== localhostProfile)
    checks.forbidden(path.child("localhostProfile"), "profile in annotation and field must match");
}
