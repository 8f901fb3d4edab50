/** Pods from templates, and templates as hashes. */
import type { Pod, PodTemplateSpec } from "#gen/api/core/v1.ts";
import type { Draft, KubeObject } from "#gen/api/meta/v1.ts";
import { controllerReference } from "./owner-references.ts";

/** Upstream cuts the prefix nowhere: the server cuts generateName. */
export function podFromTemplate(template: PodTemplateSpec, owner: KubeObject): Draft<Pod> {
  const { labels, annotations, finalizers } = template.metadata ?? {};
  return {
    metadata: {
      generateName: `${owner.metadata.name}-`,
      ...(labels === undefined ? {} : { labels }),
      ...(annotations === undefined ? {} : { annotations }),
      ...(finalizers === undefined ? {} : { finalizers }),
      ownerReferences: [controllerReference(owner)],
    },
    spec: template.spec ?? { containers: [] },
  };
}

/** Letters that can spell no bad word (apimachinery's rand.SafeEncodeString). */
const safeLetters = "bcdfghjklmnpqrstvwxz2456789";

/**
 * Value of the label pod-template-hash. Equal templates give equal hashes, whatever the order of their
 * keys; upstream hashes Go's own print of the struct, which nothing outside Go can repeat.
 */
export function templateHash(template: PodTemplateSpec, collisionCount = 0): string {
  const hash = fnv32a(`${canonical(template)}${collisionCount === 0 ? "" : collisionCount}`);
  return [...String(hash)].map((digit) => safeLetters[digit.charCodeAt(0) % 27] ?? "").join("");
}

function canonical(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonical).join(",")}]`;
  if (typeof value !== "object" || value === null) return JSON.stringify(value) ?? "null";
  const fields = Object.entries(value).filter(([, field]) => field !== undefined && field !== null);
  fields.sort(([a], [b]) => (a < b ? -1 : 1));
  return `{${fields.map(([name, field]) => `${JSON.stringify(name)}:${canonical(field)}`).join(",")}}`;
}

function fnv32a(text: string): number {
  let hash = 0x811c9dc5;
  for (const byte of new TextEncoder().encode(text)) hash = Math.imul(hash ^ byte, 0x01000193);
  return hash >>> 0;
}
