/** Valid objects of every resource that can be created: what is broken, changed and patched. */
import { type StructType, schemaOf } from "#apimachinery/schema.ts";
import { registry } from "#resources/registry.ts";
import recorded from "../golden/defaults.json" with { type: "json" };
import { more } from "./more-bases.ts";

export interface Base {
  /** `/apis/apps/v1/namespaces/NAMESPACE/deployments`. */
  path(namespace: string): string;
  readonly namespaced: boolean;
  readonly plural: string;
  readonly hasStatus: boolean;
  /** The API server's own controllers write what is stored of it; else undefined. */
  readonly writtenByServer: true | undefined;
  readonly schema: StructType;
  // biome-ignore lint/suspicious/noExplicitAny: objects of every shape
  readonly object: any;
  /** The object as it is sent in `namespace`: some name theirs inside. */
  // biome-ignore lint/suspicious/noExplicitAny: as above
  at(namespace: string): any;
  /** It has a name and can be stored: a review is only answered. */
  readonly stored: boolean;
}

export interface Recorded {
  readonly path: string;
  // biome-ignore lint/suspicious/noExplicitAny: as above
  readonly request: any;
}

const writtenByServer =
  /^(flowschemas|prioritylevelconfigurations|customresourcedefinitions|apiservices|servicecidrs)$/;

const resources = registry.map(({ ref }) => ref);

export function baseOf({ path, request }: Recorded): Base {
  const plain = path.split("?")[0] ?? "";
  const plural = plain.split("/").at(-1) ?? "";
  const schema = schemaOf(request.apiVersion, request.kind);
  if (schema === undefined) throw new Error(`no schema of ${request.apiVersion} ${request.kind}`);
  return {
    path: (namespace) => plain.replace("/namespaces/default/", `/namespaces/${namespace}/`),
    namespaced: plain.includes("/namespaces/default/"),
    plural,
    schema,
    object: request,
    at: (namespace) =>
      JSON.parse(
        JSON.stringify(request).replaceAll('"namespace":"default"', `"namespace":"${namespace}"`),
      ),
    hasStatus: resources.some(
      ({ group, version, plural: name, subresources }) =>
        plain.startsWith(group === "" ? `/api/${version}/` : `/apis/${group}/${version}/`) &&
        name === plural &&
        subresources.some((one) => one.name === "status"),
    ),
    writtenByServer: writtenByServer.test(plural) || undefined,
    stored: request.metadata?.name !== undefined && !/reviews$/.test(plain),
  };
}

// The JSON import types every request as a union of all.
const all = [...(recorded as unknown as readonly Recorded[]), ...more];

export const bases: readonly Base[] = all.map(baseOf);
