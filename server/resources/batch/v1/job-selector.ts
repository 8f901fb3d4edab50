import { isLabelValue } from "#apimachinery/validate.ts";
import type { Job } from "#gen/api/batch/v1.ts";

const uidLabel = "batch.kubernetes.io/controller-uid";

/**
 * A Job finds its Pods by its own uid, which nothing else can have: labels of the template and the selector
 * are made from it. Labels that the client gave stay, for validation to judge.
 */
export function generateSelector({ metadata, spec }: Job): void {
  const { name = "", uid = "" } = metadata;
  spec.template.metadata ??= {};
  const labels = {
    "job-name": name,
    "batch.kubernetes.io/job-name": name,
    "controller-uid": uid,
    [uidLabel]: uid,
    ...spec.template.metadata.labels,
  };
  // A Job without labels of its own has the template's, whatever they became; where there were none, those of the
  // stored one, which is valid.
  const given = spec.template.metadata.labels;
  spec.template.metadata.labels = labels;
  const isShared = given !== undefined || isLabelValue(name).length === 0;
  if (isShared && sameLabels(given ?? {}, metadata.labels ?? {})) metadata.labels = { ...labels };
  spec.selector = {
    ...spec.selector,
    matchLabels: { [uidLabel]: uid, ...spec.selector?.matchLabels },
  };
}

function sameLabels(a: Record<string, string>, b: Record<string, string>): boolean {
  const keys = Object.keys(a);
  return keys.length === Object.keys(b).length && keys.every((key) => a[key] === b[key]);
}
