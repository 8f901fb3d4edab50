/**
 * Access to devices that others use belongs to administrators: claims ask for it, and are given it, only in
 * namespaces that say so. Source: KEP-5018.
 */
import { type FieldError, forbiddenField, Path } from "#apimachinery/field-error.ts";
import type { ServerContext } from "#apiserver/call.ts";
import { getObject } from "#apiserver/object-reads.ts";
import { namespaces } from "#gen/api/core/v1.ts";
import type { KubeObject } from "#gen/api/meta/v1.ts";
import {
  type DeviceRequest,
  type DeviceRequestAllocationResult,
  type ResourceClaim,
  resourceclaims,
  resourceclaimtemplates,
} from "#gen/api/resource/v1.ts";
import type { ResourceRef } from "#gen/api/resource-ref.ts";
import { definePrivilegedField, type PrivilegedField } from "./privileged-field.ts";

const label = "resource.kubernetes.io/admin-access";
const sentence = `admin access to devices requires the \`${label}: true\` label on the containing namespace`;

/** `path`: of the list whose item `first` asks; -1: none does. */
function faultsAt(
  { cache }: ServerContext,
  namespace: string,
  path: Path,
  first: number,
): readonly FieldError[] {
  if (first < 0) return [];
  const { metadata } = getObject(cache, namespaces, { name: namespace }) ?? {};
  if (metadata?.labels?.[label] === "true") return [];
  return [forbiddenField(path.index(first).child("adminAccess"), sentence)];
}

/** As upstream spells it: the field lies in `exactly`. */
const requestsPath = new Path("spec").child("devices", "requests");
const resultsPath = new Path("status").child("allocation", "devices", "results");

const asking = (requests: readonly DeviceRequest[] = []): number =>
  requests.findIndex(({ exactly }) => exactly?.adminAccess === true);

/** Asked for once, when the object is made. */
const adminAccessOf = <T extends KubeObject>(
  concerns: ResourceRef<T>,
  requestsOf: (object: T) => readonly DeviceRequest[] | undefined,
): PrivilegedField =>
  definePrivilegedField(concerns, "", (server, { info }, { object, old }) =>
    old !== undefined
      ? []
      : faultsAt(server, info.namespace, requestsPath, asking(requestsOf(object))),
  );

export const claimAdminAccess = adminAccessOf(resourceclaims, ({ spec }) => spec.devices?.requests);

export const templateAdminAccess = adminAccessOf(
  resourceclaimtemplates,
  ({ spec }) => spec.spec?.devices?.requests,
);

const granted = ({ status }: ResourceClaim): number =>
  (status?.allocation?.devices?.results ?? []).findIndex(
    ({ adminAccess }: DeviceRequestAllocationResult) => adminAccess === true,
  );

export const claimStatusAdminAccess = definePrivilegedField(
  resourceclaims,
  "status",
  (server, { info }, { object, old }) =>
    old !== undefined && granted(old) >= 0
      ? []
      : faultsAt(server, info.namespace, resultsPath, granted(object)),
);
