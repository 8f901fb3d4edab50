import { type Ingress, ingresses } from "#gen/api/networking/v1.ts";
import { age, ingressAddresses } from "#resources/cells.ts";
import { defineResource } from "#resources/resource.ts";
import { keepStatus } from "#resources/strategy.ts";
import {
  validateIngress,
  validateIngressStatus,
  validateIngressUpdate,
} from "./ingress-validation.ts";

const classAnnotation = "kubernetes.io/ingress.class";

const hostsShownMax = 3;

function hostsCell({ spec }: Ingress): string {
  const rules = spec.rules ?? [];
  const hosts: string[] = [];
  for (const { host = "" } of rules) {
    if (hosts.length === hostsShownMax)
      return `${hosts.join(",")} + ${rules.length - hostsShownMax} more...`;
    if (host !== "") hosts.push(host);
  }
  return hosts.length === 0 ? "*" : hosts.join(",");
}

export const ingressResource = defineResource<Ingress>({
  ref: ingresses,
  warnings: ({ metadata, spec }, old) =>
    old === undefined &&
    metadata.annotations?.[classAnnotation] !== undefined &&
    spec.ingressClassName === undefined
      ? [
          `annotation "${classAnnotation}" is deprecated, please use 'spec.ingressClassName' instead`,
        ]
      : [],
  prepareForCreate: (object) => {
    object.status = { loadBalancer: {} };
  },
  prepareForUpdate: keepStatus,
  validate: validateIngress,
  validateUpdate: validateIngressUpdate,
  validateStatusUpdate: validateIngressStatus,
  cells: (object, context) => [
    object.metadata.name,
    object.spec.ingressClassName ?? "<none>",
    hostsCell(object),
    ingressAddresses(object.status?.loadBalancer?.ingress),
    (object.spec.tls ?? []).length === 0 ? "80" : "80, 443",
    age(object, context),
  ],
});
