/** AppArmor profiles in annotations, as clients wrote them before there was a field. */
import { deepEqual } from "#apimachinery/deep-equal.ts";
import type { AppArmorProfile, Pod } from "#gen/api/core/v1.ts";
import { appArmorPrefix } from "./validate-annotations.ts";

const pathBytesMax = 4095;

/** undefined: no profile that the field could hold. */
function profileOf(annotation: string): AppArmorProfile | undefined {
  if (annotation === "unconfined") return { type: "Unconfined" };
  if (annotation === "runtime/default") return { type: "RuntimeDefault" };
  if (!annotation.startsWith("localhost/")) return undefined;
  const localhostProfile = annotation.slice("localhost/".length);
  const isPadded = localhostProfile.trim() !== localhostProfile;
  if (localhostProfile === "" || isPadded || Buffer.byteLength(localhostProfile) > pathBytesMax)
    return undefined;
  return { type: "Localhost", localhostProfile };
}

/** What an annotation says goes into the container's field where that says nothing; who wrote it is warned. */
export function takeAppArmor({ metadata, spec }: Pod, warn: (warning: string) => void): void {
  const { annotations } = metadata;
  if (annotations === undefined || spec.os?.name === "windows") return;
  for (const container of [...(spec.initContainers ?? []), ...(spec.containers ?? [])]) {
    const key = appArmorPrefix + container.name;
    const annotation = annotations[key];
    if (annotation === undefined || container.securityContext?.appArmorProfile !== undefined)
      continue;
    const profile = profileOf(annotation);
    if (profile !== undefined && deepEqual(profile, spec.securityContext?.appArmorProfile))
      continue;
    if (profile !== undefined)
      container.securityContext = { ...container.securityContext, appArmorProfile: profile };
    warn(
      `metadata.annotations[${key}]: deprecated since v1.30; use the "appArmorProfile" field instead`,
    );
  }
}
