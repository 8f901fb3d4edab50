/** Warnings about labels of nodes that have newer names. */
import type { Path } from "#apimachinery/field-error.ts";
import { isLabelValue } from "#apimachinery/validate.ts";
import type { NodeSelectorTerm } from "#gen/api/core/v1.ts";

const outdated: Readonly<Record<string, string>> = {
  "beta.kubernetes.io/arch": 'deprecated since v1.14; use "kubernetes.io/arch" instead',
  "beta.kubernetes.io/os": 'deprecated since v1.14; use "kubernetes.io/os" instead',
  "failure-domain.beta.kubernetes.io/region":
    'deprecated since v1.17; use "topology.kubernetes.io/region" instead',
  "failure-domain.beta.kubernetes.io/zone":
    'deprecated since v1.17; use "topology.kubernetes.io/zone" instead',
  "beta.kubernetes.io/instance-type":
    'deprecated since v1.17; use "node.kubernetes.io/instance-type" instead',
  "app.kubernetes.io/created-by": "deprecated since v1.9",
  "scheduler.alpha.kubernetes.io/preferAvoidPods":
    "deprecated since v1.22; use Taints and Tolerations instead",
  "node-role.kubernetes.io/master": 'use "node-role.kubernetes.io/control-plane" instead',
};

export function outdatedLabel(key: string): string | undefined {
  return Object.hasOwn(outdated, key) ? outdated[key] : undefined;
}

/** One sentence a key of a plain selector. */
export function selectorWarnings(
  selector: Readonly<Record<string, string>> | undefined,
  placeOf: (key: string) => Path,
): string[] {
  return Object.keys(selector ?? {}).flatMap((key) => {
    const sentence = outdatedLabel(key);
    return sentence === undefined ? [] : [`${placeOf(key).text}: ${sentence}`];
  });
}

/** Values of a preference are warned of: what is required has been judged. */
export function termWarnings(
  { matchExpressions = [] }: NodeSelectorTerm,
  path: Path,
  { checksValues }: { readonly checksValues: boolean },
): string[] {
  return matchExpressions.flatMap(({ key = "", values = [] }, index) => {
    const here = path.child("matchExpressions").index(index);
    const sentence = outdatedLabel(key);
    const wrong = checksValues
      ? values.flatMap((value, position) =>
          isLabelValue(value).map(
            (fault) =>
              `${here.child("values").index(position).text}: ${value} is invalid, ${fault}`,
          ),
        )
      : [];
    return [
      ...(sentence === undefined ? [] : [`${here.child("key").text}: ${key} is ${sentence}`]),
      ...wrong,
    ];
  });
}
