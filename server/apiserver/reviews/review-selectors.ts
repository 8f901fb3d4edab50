/** Selectors that a review asks about: as text, or as requirements, of which those that cannot be read do not count. */
import { parseFieldSelector } from "#apimachinery/fields.ts";
import { parseLabelSelector, selectorFromLabelSelector } from "#apimachinery/labels.ts";
import { ApiError } from "#apimachinery/status.ts";
import type {
  FieldSelectorAttributes,
  LabelSelectorAttributes,
} from "#gen/api/authorization/v1.ts";

export interface AskedSelector {
  /** As a request would carry it; undefined: nothing of it counts. */
  readonly text: string | undefined;
  /** "": all of it was read. */
  readonly fault: string;
}

function reads(parse: () => unknown): boolean {
  try {
    parse();
    return true;
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    return false;
  }
}

const faultOf = (field: string, all: number, read: number): string => {
  const path = `spec.resourceAttributes.${field}`;
  if (read === all) return "";
  return `${path} ${read > 0 ? "partially ignored" : "ignored"} due to parse error`;
};

export function askedFields(asked: FieldSelectorAttributes | undefined): AskedSelector {
  const { rawSelector = "", requirements = [] } = asked ?? {};
  if (requirements.length === 0) {
    const read = reads(() => parseFieldSelector(rawSelector));
    return {
      text: read ? rawSelector : undefined,
      fault: faultOf("fieldSelector", 1, read ? 1 : 0),
    };
  }
  const terms = requirements.flatMap(({ key, operator, values = [] }) => {
    const [value, ...more] = values;
    if (value === undefined || more.length > 0) return [];
    if (operator === "In") return [`${key}=${escaped(value)}`];
    return operator === "NotIn" ? [`${key}!=${escaped(value)}`] : [];
  });
  const fault = faultOf("fieldSelector", requirements.length, terms.length);
  return { text: terms.length === 0 ? undefined : terms.join(","), fault };
}

const escaped = (value: string): string => value.replaceAll(/[\\,=]/g, "\\$&");

export function askedLabels(asked: LabelSelectorAttributes | undefined): AskedSelector {
  const { rawSelector = "", requirements = [] } = asked ?? {};
  if (requirements.length === 0) {
    const read = reads(() => parseLabelSelector(rawSelector));
    return {
      text: read ? rawSelector : undefined,
      fault: faultOf("labelSelector", 1, read ? 1 : 0),
    };
  }
  const read = requirements.filter((one) =>
    reads(() => selectorFromLabelSelector({ matchExpressions: [one] })),
  );
  // No authorizer looks at labels: what counts is whether they were read.
  return { text: undefined, fault: faultOf("labelSelector", requirements.length, read.length) };
}
