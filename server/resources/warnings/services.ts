/** Warnings about a Service: fields that do nothing beside others, and addresses oddly written. */
import { Path } from "#apimachinery/field-error.ts";
import type { Service } from "#gen/api/core/v1.ts";
import { cidrWarnings, ipWarnings } from "./addresses.ts";

const specPath = new Path("spec");
const hints = "service.kubernetes.io/topology-aware-hints";

export function serviceWarnings({ spec, metadata }: Service): string[] {
  const { externalIPs = [], clusterIP = "", type, trafficDistribution } = spec;
  const headless = type === "ClusterIP" && clusterIP === "None";
  const external = type === "ExternalName";
  const said: readonly (readonly [boolean, string])[] = [
    [headless && !!spec.loadBalancerIP, "spec.loadBalancerIP is ignored for headless services"],
    [headless && externalIPs.length > 0, "spec.externalIPs is ignored for headless services"],
    [
      headless && spec.sessionAffinity !== "None",
      "spec.SessionAffinity is ignored for headless services",
    ],
  ];
  const later: readonly (readonly [boolean, string])[] = [
    [
      external && externalIPs.length > 0,
      'spec.externalIPs is ignored when spec.type is "ExternalName"',
    ],
    [
      !external && !!spec.externalName,
      'spec.externalName is ignored when spec.type is not "ExternalName"',
    ],
    [
      trafficDistribution === "PreferClose",
      'spec.trafficDistribution: "PreferClose" is deprecated; use "PreferSameZone"',
    ],
  ];
  const of = (list: readonly (readonly [boolean, string])[]): string[] =>
    list.flatMap(([holds, sentence]) => (holds ? [sentence] : []));
  return [
    ...(metadata.annotations?.[hints] === undefined
      ? []
      : [
          `annotation ${hints} is deprecated, please use service.kubernetes.io/topology-mode instead`,
        ]),
    ...(clusterIP === "None" ? [] : (spec.clusterIPs ?? [])).flatMap((address, index) =>
      ipWarnings(specPath.child("clusterIPs").index(index), address),
    ),
    ...of(said),
    ...externalIPs.flatMap((address, index) =>
      ipWarnings(specPath.child("externalIPs").index(index), address),
    ),
    ...(externalIPs.length > 0 && !headless && !external
      ? ["spec.externalIPs is deprecated and may no longer be implemented in some clusters"]
      : []),
    ...ipWarnings(specPath.child("loadBalancerIP"), spec.loadBalancerIP),
    ...(spec.loadBalancerSourceRanges ?? []).flatMap((range, index) =>
      cidrWarnings(specPath.child("loadBalancerSourceRanges").index(index), range),
    ),
    ...of(later),
  ];
}
