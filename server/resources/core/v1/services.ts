import { isDNS1123Label } from "#apimachinery/validate.ts";
import { type Service, services } from "#gen/api/core/v1.ts";
import { defineResource } from "#resources/resource.ts";
import { serviceWarnings } from "#resources/warnings/services.ts";
import { serviceCells } from "./service-cells.ts";
import { defaultService, dropTypeDependentFields } from "./service-strategy.ts";
import {
  validateService,
  validateServiceStatus,
  validateServiceUpdate,
} from "./service-validation.ts";

/** A name outside the cluster is reached from inside as from anywhere; what is no policy is refused. */
function dropInternalPolicy({ spec }: Service): void {
  const { type, internalTrafficPolicy: policy = "" } = spec;
  if (type === "ExternalName" && ["Cluster", "Local"].includes(policy))
    delete spec.internalTrafficPolicy;
}

export const serviceResource = defineResource<Service>({
  ref: services,
  metaRules: { wholeOnUpdate: false },
  warnings: (service) => serviceWarnings(service),
  validateName: isDNS1123Label,
  validate: validateService,
  validateUpdate: validateServiceUpdate,
  validateStatusUpdate: validateServiceStatus,
  hasGeneration: false,
  allowCreateOnUpdate: true,
  default: defaultService,
  prepareForCreate: (service) => {
    service.status = { loadBalancer: {} };
    dropInternalPolicy(service);
  },
  prepareForUpdate: (service, old) => {
    service.status = old.status;
    dropTypeDependentFields(service, old);
    dropInternalPolicy(service);
  },
  selectableFields: ({ spec }) => ({
    "spec.clusterIP": spec.clusterIP ?? "",
    "spec.type": spec.type ?? "",
  }),
  cells: serviceCells,
});
