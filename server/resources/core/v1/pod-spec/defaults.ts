/** Defaults of a Pod's spec, shared by Pods and everything that holds a pod template. */
import { roundResourceList } from "#apimachinery/resource-list.ts";
import type {
  Container,
  EphemeralContainer,
  LifecycleHandler,
  PodSpec,
  PodStatus,
  PodTemplateSpec,
  Probe,
  ResourceRequirements,
} from "#gen/api/core/v1.ts";
import { defaultPullPolicy } from "./pull-policy.ts";
import { defaultVolume } from "./volume-defaults.ts";

export function defaultPodTemplate(template: PodTemplateSpec | undefined): void {
  // Only of an object itself is it a wish to have none.
  if (template?.metadata?.managedFields?.length === 0) delete template.metadata.managedFields;
  if (template?.spec !== undefined) defaultPodSpec(template.spec);
}

export function defaultPodSpec(spec: PodSpec): void {
  // The older of two names for one thing speaks where the newer is silent, then follows it.
  spec.serviceAccountName ||= spec.serviceAccount;
  spec.serviceAccount = spec.serviceAccountName;
  spec.dnsPolicy ||= "ClusterFirst";
  spec.restartPolicy ||= "Always";
  spec.securityContext ??= {};
  spec.terminationGracePeriodSeconds ??= 30;
  spec.schedulerName ||= "default-scheduler";
  for (const volume of spec.volumes ?? []) defaultVolume(volume);
  for (const container of allContainers(spec)) defaultContainer(container);
  roundResourceList(spec.overhead);
  roundResources(spec.resources);
}

/** Init, main and ephemeral ones. */
export function allContainers(spec: PodSpec): (Container | EphemeralContainer)[] {
  return [
    ...(spec.initContainers ?? []),
    ...(spec.containers ?? []),
    ...(spec.ephemeralContainers ?? []),
  ];
}

export function defaultPodStatus({
  containerStatuses = [],
  initContainerStatuses = [],
  ephemeralContainerStatuses = [],
  ...status
}: PodStatus): void {
  const all = [...initContainerStatuses, ...containerStatuses, ...ephemeralContainerStatuses];
  for (const each of [...all, status]) {
    roundResourceList(each.allocatedResources);
    roundResources(each.resources);
  }
}

function roundResources(resources: ResourceRequirements | undefined): void {
  roundResourceList(resources?.requests);
  roundResourceList(resources?.limits);
}

function defaultContainer(container: Container | EphemeralContainer): void {
  container.imagePullPolicy ||= defaultPullPolicy(container.image ?? "");
  container.terminationMessagePath ||= "/dev/termination-log";
  container.terminationMessagePolicy ||= "File";
  for (const port of container.ports ?? []) port.protocol ||= "TCP";
  for (const { valueFrom } of container.env ?? []) {
    if (valueFrom?.fieldRef !== undefined) valueFrom.fieldRef.apiVersion ||= "v1";
    if (valueFrom?.resourceFieldRef !== undefined) valueFrom.resourceFieldRef.divisor ??= "0";
    if (valueFrom?.fileKeyRef !== undefined) valueFrom.fileKeyRef.optional ??= false;
  }
  roundResources(container.resources);
  defaultProbe(container.livenessProbe);
  defaultProbe(container.readinessProbe);
  defaultProbe(container.startupProbe);
  defaultHandler(container.lifecycle?.postStart);
  defaultHandler(container.lifecycle?.preStop);
}

function defaultProbe(probe: Probe | undefined): void {
  if (probe === undefined) return;
  probe.timeoutSeconds ||= 1;
  probe.periodSeconds ||= 10;
  probe.successThreshold ||= 1;
  probe.failureThreshold ||= 3;
  if (probe.grpc !== undefined) probe.grpc.service ??= "";
  defaultHandler(probe);
}

function defaultHandler(handler: Pick<LifecycleHandler, "httpGet"> | undefined): void {
  if (handler?.httpGet === undefined) return;
  handler.httpGet.path ||= "/";
  handler.httpGet.scheme ||= "HTTP";
}
