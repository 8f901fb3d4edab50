/** subjectaccessreviews and their local and self forms: may they? */
import { type FieldError, invalidValue, Path } from "#apimachinery/field-error.ts";
import { invalid } from "#apimachinery/status.ts";
import type { AuthorizationAttributes, Authorizer, UserInfo } from "#apiserver/attributes.ts";
import type {
  LocalSubjectAccessReview,
  SelfSubjectAccessReview,
  SelfSubjectAccessReviewSpec,
  SubjectAccessReview,
  SubjectAccessReviewSpec,
  SubjectAccessReviewStatus,
} from "#gen/api/authorization/v1.ts";
import type { Review } from "./review.ts";

const group = "authorization.k8s.io";
const specPath = new Path("spec");
const exactlyOne = "exactly one of nonResourceAttributes or resourceAttributes must be specified";

function attributesFaults(spec: SelfSubjectAccessReviewSpec): FieldError[] {
  const { resourceAttributes, nonResourceAttributes } = spec;
  if (resourceAttributes !== undefined && nonResourceAttributes !== undefined) {
    return [invalidValue(specPath, nonResourceAttributes, exactlyOne)];
  }
  if (resourceAttributes !== undefined || nonResourceAttributes !== undefined) return [];
  return [invalidValue(specPath, null, exactlyOne)];
}

function subjectFaults({ user, groups }: SubjectAccessReviewSpec): FieldError[] {
  if (user || (groups ?? []).length > 0) return [];
  const detail = "at least one of user or group must be specified";
  return [invalidValue(specPath.child("user"), user ?? "", detail)];
}

function localFaults(review: LocalSubjectAccessReview, urlNamespace: string): FieldError[] {
  const faults: FieldError[] = [];
  const { resourceAttributes, nonResourceAttributes } = review.spec;
  const namespace = resourceAttributes?.namespace ?? "";
  if (namespace !== urlNamespace) {
    const path = specPath.child("resourceAttributes", "namespace");
    faults.push(invalidValue(path, namespace, "must match metadata.namespace"));
  }
  if (nonResourceAttributes !== undefined) {
    const path = specPath.child("nonResourceAttributes");
    faults.push(invalidValue(path, nonResourceAttributes, "disallowed on this kind of request"));
  }
  return faults;
}

/** Upstream leaves the kind out here, and so says `.authorization.k8s.io "" is invalid`. */
function refuse(faults: readonly FieldError[]): void {
  if (faults.length > 0) throw invalid({ group, kind: "" }, "", faults);
}

function question(spec: SelfSubjectAccessReviewSpec, user: UserInfo): AuthorizationAttributes {
  const { resourceAttributes = {}, nonResourceAttributes } = spec;
  if (nonResourceAttributes !== undefined) {
    const { path = "", verb = "" } = nonResourceAttributes;
    return {
      user,
      isResourceRequest: false,
      verb,
      path,
      group: "",
      version: "",
      resource: "",
      subresource: "",
      namespace: "",
      name: "",
    };
  }
  const { fieldSelector, labelSelector } = resourceAttributes;
  return {
    user,
    isResourceRequest: true,
    path: "",
    verb: resourceAttributes.verb ?? "",
    group: resourceAttributes.group ?? "",
    version: resourceAttributes.version ?? "",
    resource: resourceAttributes.resource ?? "",
    subresource: resourceAttributes.subresource ?? "",
    namespace: resourceAttributes.namespace ?? "",
    name: resourceAttributes.name ?? "",
    fieldSelector: fieldSelector?.rawSelector,
    labelSelector: labelSelector?.rawSelector,
  };
}

function userOf({ user, uid, groups, extra }: SubjectAccessReviewSpec): UserInfo {
  return { name: user ?? "", uid: uid ?? "", groups: groups ?? [], extra: extra ?? {} };
}

async function answer(
  authorizer: Authorizer,
  attributes: AuthorizationAttributes,
): Promise<SubjectAccessReviewStatus> {
  const { allowed, reason } = await authorizer.authorize(attributes);
  return reason === "" ? { allowed } : { allowed, reason };
}

export function subjectAccessReview(authorizer: Authorizer): Review<SubjectAccessReview> {
  return async (review) => {
    const { spec } = review;
    refuse([...attributesFaults(spec), ...subjectFaults(spec)]);
    return { ...review, status: await answer(authorizer, question(spec, userOf(spec))) };
  };
}

export function localSubjectAccessReview(authorizer: Authorizer): Review<LocalSubjectAccessReview> {
  return async (review, { namespace }) => {
    const { spec } = review;
    const faults = [
      ...attributesFaults(spec),
      ...subjectFaults(spec),
      ...localFaults(review, namespace),
    ];
    refuse(faults);
    return { ...review, status: await answer(authorizer, question(spec, userOf(spec))) };
  };
}

export function selfSubjectAccessReview(authorizer: Authorizer): Review<SelfSubjectAccessReview> {
  return async (review, { user }) => {
    refuse(attributesFaults(review.spec));
    return { ...review, status: await answer(authorizer, question(review.spec, user)) };
  };
}
