/** The pods of a Job. */
import { podFromTemplate } from "#controllers/pod-template.ts";
import type { Job } from "#gen/api/batch/v1.ts";
import type { Container, Pod } from "#gen/api/core/v1.ts";
import type { Draft } from "#gen/api/meta/v1.ts";
import { indexAnnotation } from "./indexes.ts";
import { trackingFinalizer } from "./tracking.ts";

/** `index`: of an Indexed Job; `counts`: annotations about the pods of that index before it. */
export function podOf(
  job: Job,
  index: number | undefined,
  counts: Readonly<Record<string, string>> = {},
): Draft<Pod> {
  const pod = podFromTemplate(job.spec.template, job);
  const { metadata, spec } = pod;
  const finalizers = [...(metadata.finalizers ?? []), trackingFinalizer];
  if (index === undefined) return { ...pod, metadata: { ...metadata, finalizers } };
  const named = `${job.metadata.name}-${index}`;
  const labels = { ...metadata.labels, [indexAnnotation]: `${index}` };
  const annotations = { ...metadata.annotations, [indexAnnotation]: `${index}`, ...counts };
  const withIndex = (container: Container): Container => ({
    ...container,
    env: [
      ...(container.env ?? []).filter(({ name }) => name !== indexVariable.name),
      indexVariable,
    ],
  });
  const { initContainers } = spec;
  return {
    ...pod,
    metadata: { ...metadata, generateName: `${named}-`, labels, annotations, finalizers },
    spec: {
      ...spec,
      hostname: named,
      containers: spec.containers.map(withIndex),
      ...(initContainers === undefined ? {} : { initContainers: initContainers.map(withIndex) }),
    },
  };
}

const indexVariable = {
  name: "JOB_COMPLETION_INDEX",
  valueFrom: { fieldRef: { fieldPath: `metadata.labels['${indexAnnotation}']` } },
};
