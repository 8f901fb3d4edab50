import { meansTheSame } from "#apimachinery/deep-equal.ts";
import { type CSIDriver, csidrivers } from "#gen/api/storage/v1.ts";
import { age, orNone } from "#resources/cells.ts";
import { defineResource } from "#resources/resource.ts";
import { validateCSIDriver, validateCSIDriverUpdate } from "./csi-driver-validation.ts";

const tokensSentence =
  "spec.serviceAccountTokenInSecrets is unset; if supported by this CSI driver, set to true to prevent possible logging of tokens in volume attributes";

export const csiDriverResource = defineResource<CSIDriver>({
  ref: csidrivers,
  warnings: ({ spec }, old) =>
    (spec.tokenRequests ?? []).length > 0 &&
    spec.serviceAccountTokenInSecrets === undefined &&
    !(old !== undefined && meansTheSame(spec.tokenRequests, old.spec.tokenRequests))
      ? [tokensSentence]
      : [],
  validate: validateCSIDriver,
  validateUpdate: validateCSIDriverUpdate,
  metaRules: { wholeOnUpdate: false },
  default: ({ spec }) => {
    spec.attachRequired ??= true;
    spec.podInfoOnMount ??= false;
    spec.storageCapacity ??= false;
    spec.fsGroupPolicy ??= "ReadWriteOnceWithFSType";
    if ((spec.volumeLifecycleModes ?? []).length === 0) spec.volumeLifecycleModes = ["Persistent"];
    spec.requiresRepublish ??= false;
    spec.seLinuxMount ??= false;
    spec.preventPodSchedulingIfMissing ??= false;
  },
  raisesGeneration: ({ spec }, old) => !meansTheSame(spec, old.spec),
  hasGeneration: false,
  allowUnconditionalUpdate: false,
  cells: (object, context) => {
    const { spec } = object;
    return [
      object.metadata.name,
      spec.attachRequired ?? true,
      spec.podInfoOnMount ?? false,
      spec.storageCapacity ?? false,
      spec.tokenRequests?.map(({ audience }) => audience).join(",") ?? "<unset>",
      spec.requiresRepublish ?? false,
      orNone((spec.volumeLifecycleModes ?? []).join(",")),
      age(object, context),
    ];
  },
});
