/** Valid objects of every resource that can be created: what is broken, changed and patched. */
import { type StructType, schemaOf } from "#apimachinery/schema.ts";
import recorded from "../golden/defaults.json" with { type: "json" };
import { more } from "./more-bases.ts";

export interface Base {
  /** `/apis/apps/v1/namespaces/NAMESPACE/deployments`. */
  path(namespace: string): string;
  readonly namespaced: boolean;
  readonly plural: string;
  readonly schema: StructType;
  // biome-ignore lint/suspicious/noExplicitAny: objects of every shape
  readonly object: any;
  /** It has a name and can be stored: a review is only answered. */
  readonly stored: boolean;
}

interface Recorded {
  readonly path: string;
  // biome-ignore lint/suspicious/noExplicitAny: as above
  readonly request: any;
}

function baseOf({ path, request }: Recorded): Base {
  const plain = path.split("?")[0] ?? "";
  const schema = schemaOf(request.apiVersion, request.kind);
  if (schema === undefined) throw new Error(`no schema of ${request.apiVersion} ${request.kind}`);
  return {
    path: (namespace) => plain.replace("/namespaces/default/", `/namespaces/${namespace}/`),
    namespaced: plain.includes("/namespaces/default/"),
    plural: plain.split("/").at(-1) ?? "",
    schema,
    object: request,
    stored: request.metadata?.name !== undefined && !/reviews$/.test(plain),
  };
}

// The JSON import types every request as a union of all.
const all = [...(recorded as unknown as readonly Recorded[]), ...more];

export const bases: readonly Base[] = all.map(baseOf);
