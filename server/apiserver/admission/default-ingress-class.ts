/** An ingress that names no class gets the default one. */
import type { AdmissionPlugin } from "#apiserver/attributes.ts";
import { listObjects } from "#apiserver/object-reads.ts";
import { ingressclasses, ingresses } from "#gen/api/networking/v1.ts";
import { isDefaultClass } from "#resources/networking/v1/ingressclasses.ts";
import { newestOf } from "#resources/newest-of.ts";
import { type AdmissionParts, draftOf } from "./admission-parts.ts";

const classAnnotation = "kubernetes.io/ingress.class";

export function defaultIngressClass({ cache }: AdmissionParts): AdmissionPlugin {
  return {
    name: "DefaultIngressClass",
    concerns: [ingresses],
    mutate(attributes) {
      if (attributes.operation !== "CREATE") return;
      const ingress = draftOf(attributes, ingresses);
      if (ingress === undefined || ingress.spec?.ingressClassName !== undefined) return;
      if (ingress.metadata.annotations?.[classAnnotation] !== undefined) return;
      const found = newestOf(listObjects(cache, ingressclasses).filter(isDefaultClass));
      if (found === undefined) return;
      ingress.spec = { ...ingress.spec, ingressClassName: found.metadata.name };
    },
  };
}
