/** The end of all objects of a definition that is being deleted. */
import { isReason } from "#apimachinery/status.ts";
import type { ServerContext } from "#apiserver/call.ts";
import { deleteObject } from "#apiserver/handlers/delete.ts";
import type { CustomResourceDefinition } from "#gen/api/apiextensions/v1.ts";
import type { CustomResources } from "./custom-resources.ts";

/** The server itself, as upstream's loopback client is known. */
const server = {
  name: "system:apiserver",
  uid: "",
  groups: ["system:masters", "system:authenticated"],
  extra: {},
};

/** Deletes in flight at once. */
const parallelMax = 16;

/** Objects with finalizers are only marked; how many are left. */
export async function deleteInstances(
  context: ServerContext,
  custom: CustomResources,
  { spec }: CustomResourceDefinition,
  auditId: string,
): Promise<number> {
  const { group, names } = spec;
  const scope = { group, resource: names.plural };
  const version = spec.versions.find(({ served }) => served)?.name ?? "";
  const endpoint = custom.find({ group, version, resource: names.plural });
  if (endpoint === undefined) return 0;
  await context.cache.fresh();
  const { entries } = context.cache.list(scope);
  const going = entries.filter(({ object }) => object.metadata.deletionTimestamp === undefined);
  const options = { kind: "DeleteOptions", apiVersion: "v1" } as const;
  for (let at = 0; at < going.length; at += parallelMax) {
    await Promise.all(
      going.slice(at, at + parallelMax).map(async ({ key }) => {
        const info = {
          ...{ isResourceRequest: true, verb: "delete", path: "", group, version },
          ...{ resource: names.plural, subresource: "", namespace: key.namespace, name: key.name },
        };
        const request = new Request("http://localhost/");
        const call = { request, info, query: undefined, user: server, endpoint, warnings: [] };
        try {
          await deleteObject(context, { ...call, auditId, sharesObjects: false }, options, key);
        } catch (error) {
          if (!isReason(error, "NotFound")) throw error;
        }
      }),
    );
  }
  return context.cache.list(scope).entries.length;
}
