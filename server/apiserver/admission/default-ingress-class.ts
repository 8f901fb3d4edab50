/** An ingress that names no class gets the default one. */
import type { AdmissionPlugin } from "#apiserver/attributes.ts";
import { listObjects } from "#apiserver/object-reads.ts";
import { ingressclasses, ingresses } from "#gen/api/networking/v1.ts";
import { type AdmissionParts, draftOf } from "./admission-parts.ts";
import { newestDefault } from "./default-storage-class.ts";

const classAnnotation = "kubernetes.io/ingress.class";
const defaultAnnotation = "ingressclass.kubernetes.io/is-default-class";

export function defaultIngressClass({ cache }: AdmissionParts): AdmissionPlugin {
  return {
    name: "DefaultIngressClass",
    mutate(attributes) {
      if (attributes.operation !== "CREATE") return;
      const ingress = draftOf(attributes, ingresses);
      if (ingress === undefined || ingress.spec?.ingressClassName !== undefined) return;
      if (ingress.metadata.annotations?.[classAnnotation] !== undefined) return;
      const found = newestDefault(listObjects(cache, ingressclasses), [defaultAnnotation]);
      if (found === undefined) return;
      ingress.spec = { ...ingress.spec, ingressClassName: found.metadata.name };
    },
  };
}
