/** What a part may store, change and remove without changing what other parts are answered. */
import { type Base, bases } from "../bases.ts";
import type { Scenario } from "../world.ts";

// Namespaces never end without a controller; what bounds others would change what they are answered.
const apart = /^(namespaces|resourcequotas|limitranges)$/;

export const isRemovable = ({ stored, plural }: Base): boolean => stored && !apart.test(plural);

export const removable = bases.filter(isRemovable);

/** Deletes the object at `path`, and lets it go where finalizers hold it. */
export async function remove(base: Base, path: string, scenario: Scenario): Promise<void> {
  const nothing = { gracePeriodSeconds: 0, propagationPolicy: "Background" };
  await scenario.ask(`delete ${base.object.kind}`, { method: "DELETE", path, body: nothing });
  // It goes by itself, sooner or later.
  if (base.plural === "customresourcedefinitions") return;
  const contentType = "application/merge-patch+json";
  const cleared = { metadata: { finalizers: null } };
  await scenario.ask("clear finalizers", { method: "PATCH", path, contentType, body: cleared });
}
