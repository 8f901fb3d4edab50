/** subjectaccessreviews and their local and self forms: may they? */
import type { FieldError } from "#apimachinery/field-error.ts";
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
import {
  validateAccessReview,
  validateLocalAccessReview,
  validateSelfAccessReview,
} from "#resources/authorization/v1/access-review-validation.ts";
import type { Review } from "./review.ts";
import { askedFields, askedLabels } from "./review-selectors.ts";

const group = "authorization.k8s.io";
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
    fieldSelector: askedFields(fieldSelector).text,
    labelSelector: askedLabels(labelSelector).text,
  };
}

function userOf({ user, uid, groups, extra }: SubjectAccessReviewSpec): UserInfo {
  return { name: user ?? "", uid: uid ?? "", groups: groups ?? [], extra: extra ?? {} };
}

async function answer(
  authorizer: Authorizer,
  spec: SelfSubjectAccessReviewSpec,
  user: UserInfo,
): Promise<SubjectAccessReviewStatus> {
  const { allowed, reason } = await authorizer.authorize(question(spec, user));
  const { fieldSelector, labelSelector } = spec.resourceAttributes ?? {};
  const faults = [askedFields(fieldSelector).fault, askedLabels(labelSelector).fault];
  const said = faults.filter((fault) => fault !== "");
  return {
    allowed,
    ...(reason === "" ? {} : { reason }),
    ...(said.length === 0 ? {} : { evaluationError: errors(said) }),
  };
}

/** Several at once, as upstream joins them. */
const errors = (said: readonly string[]): string => said.join("; ");

export function subjectAccessReview(authorizer: Authorizer): Review<SubjectAccessReview> {
  return async (review) => {
    const { spec } = review;
    refuse(validateAccessReview(review));
    return { ...review, status: await answer(authorizer, spec, userOf(spec)) };
  };
}

export function localSubjectAccessReview(authorizer: Authorizer): Review<LocalSubjectAccessReview> {
  return async (review, { namespace }) => {
    const { spec } = review;
    refuse(validateLocalAccessReview(review, namespace));
    return { ...review, status: await answer(authorizer, spec, userOf(spec)) };
  };
}

export function selfSubjectAccessReview(authorizer: Authorizer): Review<SelfSubjectAccessReview> {
  return async (review, { user }) => {
    refuse(validateSelfAccessReview(review));
    return { ...review, status: await answer(authorizer, review.spec, user) };
  };
}
