/** Resolves a pod's priority class; at most one class is the default. */
import type { AdmissionAttributes, AdmissionPlugin } from "#apiserver/attributes.ts";
import { getObject, listObjects } from "#apiserver/object-reads.ts";
import { type Pod, pods } from "#gen/api/core/v1.ts";
import { type PriorityClass, priorityclasses } from "#gen/api/scheduling/v1.ts";
import { type AdmissionParts, draftOf, oldOf, refused } from "./admission-parts.ts";

type Cache = AdmissionParts["cache"];

/** Of several (a race made them) the lowest counts, as upstream has it. */
function defaultClass(cache: Cache): PriorityClass | undefined {
  return listObjects(cache, priorityclasses)
    .filter(({ globalDefault }) => globalDefault === true)
    .reduce<PriorityClass | undefined>(
      (lowest, each) =>
        lowest === undefined || (each.value ?? 0) < (lowest.value ?? 0) ? each : lowest,
      undefined,
    );
}

async function classNamed(cache: Cache, name: string): Promise<PriorityClass | undefined> {
  const known = getObject(cache, priorityclasses, { name });
  if (known !== undefined) return known;
  await cache.fresh();
  return getObject(cache, priorityclasses, { name });
}

async function resolve(cache: Cache, pod: Pod, attributes: AdmissionAttributes): Promise<void> {
  const name = pod.spec.priorityClassName ?? "";
  const found = name === "" ? defaultClass(cache) : await classNamed(cache, name);
  if (name !== "" && found === undefined) {
    throw refused(attributes, `no PriorityClass with name ${name} was found`);
  }
  const priority = found?.value ?? 0;
  if (pod.spec.priority !== undefined && pod.spec.priority !== priority) {
    throw refused(
      attributes,
      `the integer value of priority (${pod.spec.priority}) must not be provided in pod spec; ` +
        `priority admission controller computed ${priority} from the given PriorityClass name`,
    );
  }
  const policy = found?.preemptionPolicy ?? "PreemptLowerPriority";
  if (pod.spec.preemptionPolicy !== undefined && pod.spec.preemptionPolicy !== policy) {
    throw refused(
      attributes,
      `the string value of PreemptionPolicy (${pod.spec.preemptionPolicy}) must not be provided in pod spec; ` +
        `priority admission controller computed ${policy} from the given PriorityClass name`,
    );
  }
  if (found !== undefined) pod.spec.priorityClassName = found.metadata.name;
  pod.spec.priority = priority;
  pod.spec.preemptionPolicy = policy;
}

export function priority({ cache }: AdmissionParts): AdmissionPlugin {
  return {
    name: "Priority",
    concerns: [pods, priorityclasses],
    async mutate(attributes) {
      const pod = draftOf(attributes, pods);
      const old = oldOf(attributes, pods);
      // What an update leaves out stays as it is.
      if (attributes.operation === "UPDATE" && pod !== undefined && old !== undefined) {
        pod.spec.priority ??= old.spec.priority;
        pod.spec.preemptionPolicy ??= old.spec.preemptionPolicy;
      }
      if (attributes.operation !== "CREATE") return;
      if (pod !== undefined) await resolve(cache, pod, attributes);
    },
    validate(attributes) {
      const wanted = draftOf(attributes, priorityclasses);
      if (wanted?.globalDefault !== true) return;
      const present = listObjects(cache, priorityclasses).find(
        ({ globalDefault, metadata }) =>
          globalDefault === true && metadata.name !== wanted.metadata.name,
      );
      if (present === undefined) return;
      const whose = JSON.stringify(present.metadata.name);
      throw refused(
        attributes,
        `PriorityClass ${whose} is already marked as default. Only one default can exist`,
      );
    },
  };
}
