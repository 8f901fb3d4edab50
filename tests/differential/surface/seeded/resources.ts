/** Every collection that can be listed, in a namespace of the walk where it is namespaced. */
import { registry } from "#resources/registry.ts";

export const resources: readonly { readonly path: string; readonly plural: string }[] = registry
  .map(({ ref }) => ref)
  .filter(({ verbs }) => verbs.some((verb) => verb === "list"))
  .map(({ group, version, plural, namespaced }) => ({
    plural,
    path: `${group === "" ? "/api" : `/apis/${group}`}/${version}/${namespaced ? "namespaces/NS/" : ""}${plural}`,
  }));
