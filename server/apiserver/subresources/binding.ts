/** pods/binding: gives an unassigned pod its node. One compare-and-swap, no strategy: the scheduler's hot path. */
import { notSupported, Path, required } from "#apimachinery/field-error.ts";
import { badRequest, conflict, notFound, plainFailure } from "#apimachinery/status.ts";
import { formatTime } from "#apimachinery/time.ts";
import { attributesOf, mutate, validate } from "#apiserver/admit.ts";
import type { Call, Handler, ServerContext } from "#apiserver/call.ts";
import { keyOf, named } from "#apiserver/endpoint.ts";
import { failedPrecondition } from "#apiserver/handlers/guaranteed-update.ts";
import { meetUrl } from "#apiserver/handlers/update.ts";
import { createOptions, readObject } from "#apiserver/request-body.ts";
import type { Binding, Pod, PodCondition } from "#gen/api/core/v1.ts";
import type { Stored } from "#storage/storage.ts";
import { succeeded } from "./success.ts";

const triesMax = 8;

function checkBinding({ target }: Binding): void {
  const path = new Path("target");
  const { kind = "", name = "" } = target;
  const errors = [];
  if (kind !== "" && kind !== "Node") {
    errors.push(notSupported(path.child("kind"), kind, ["Node", "<empty>"]));
  }
  if (name === "") errors.push(required(path.child("name"), ""));
  // Upstream answers this one without saying what it is.
  if (errors.length > 0)
    throw plainFailure(errors.map(({ field, message }) => `${field}: ${message}`).join(", "));
}

/** That the binding means another pod, in the words of upstream's store; undefined: it means this one. */
function otherPod({ metadata }: Pod, binding: Binding, dryRun: boolean): string | undefined {
  const { uid = "", resourceVersion = "" } = binding.metadata;
  const why = [
    ...(uid !== "" && uid !== metadata.uid ? [failedPrecondition("UID", uid, metadata.uid)] : []),
    ...(resourceVersion !== "" && resourceVersion !== metadata.resourceVersion
      ? [failedPrecondition("ResourceVersion", resourceVersion, metadata.resourceVersion)]
      : []),
  ][0];
  if (why === undefined) return undefined;
  const key = `${dryRun ? "" : "/registry"}/pods/${metadata.namespace}/${metadata.name}`;
  return `StorageError: invalid object, Code: 4, Key: ${key}, ResourceVersion: 0, AdditionalErrorMsg: ${why}`;
}

/** Why this pod cannot be bound; undefined: it can. */
function obstacle({ metadata, spec }: Pod): string | undefined {
  const { name } = metadata;
  if (metadata.deletionTimestamp !== undefined) {
    return `pod ${name} is being deleted, cannot be assigned to a host`;
  }
  if (spec.nodeName !== undefined && spec.nodeName !== "") {
    return `pod ${name} is already assigned to node ${JSON.stringify(spec.nodeName)}`;
  }
  if ((spec.schedulingGates ?? []).length > 0) {
    return `pod ${name} has non-empty .spec.schedulingGates`;
  }
  return undefined;
}

/** At the place of the one before, if there was any. Which generation it speaks of the node's agent says. */
function scheduledCondition(pod: Pod, now: Date): PodCondition[] {
  const conditions = [...(pod.status?.conditions ?? [])];
  const place = conditions.findIndex(({ type }) => type === "PodScheduled");
  const before = conditions[place];
  const lastTransitionTime =
    before?.status === "True" ? before.lastTransitionTime : formatTime(now);
  const condition: PodCondition = { type: "PodScheduled", status: "True", lastTransitionTime };
  if (place < 0) conditions.push(condition);
  else conditions[place] = condition;
  return conditions;
}

function bound(pod: Pod, binding: Binding, now: Date): Pod {
  const { annotations, labels } = binding.metadata;
  const metadata = { ...pod.metadata };
  if (annotations !== undefined) metadata.annotations = { ...metadata.annotations, ...annotations };
  if (labels !== undefined) metadata.labels = { ...metadata.labels, ...labels };
  return {
    ...pod,
    metadata,
    spec: { ...pod.spec, nodeName: binding.target.name },
    // Where it hoped to go is no longer of interest to anybody.
    status: {
      ...pod.status,
      nominatedNodeName: undefined,
      conditions: scheduledCondition(pod, now),
    },
  };
}

/** Throws Conflict. */
function refuseObstacles(call: Call, pod: Pod, asked: { binding: Binding; dryRun: boolean }): void {
  const { name } = pod.metadata;
  const other = otherPod(pod, asked.binding, asked.dryRun);
  if (other !== undefined) throw conflict(named(call.endpoint, name), other);
  const why = obstacle(pod);
  if (why !== undefined) throw conflict({ group: "", resource: "pods/binding", name }, why);
}

/** Binds, trying again when something else of the pod changed; a dry run only tries. Throws NotFound, Conflict. */
async function assign(
  server: ServerContext,
  call: Call,
  asked: { readonly binding: Binding; readonly dryRun: boolean },
): Promise<void> {
  const { binding, dryRun } = asked;
  const { name } = binding.metadata;
  const key = keyOf(call.endpoint, call.info.namespace, name);
  let current: Stored | undefined = server.cache.get(key);
  if (current === undefined) {
    await server.cache.fresh();
    current = server.cache.get(key);
  }
  for (let tries = 1; tries <= triesMax; tries++) {
    if (current === undefined) throw notFound(named(call.endpoint, name));
    // Only pods are stored under pods.
    const pod = current.object as Pod;
    refuseObstacles(call, pod, asked);
    if (dryRun) return;
    const result = await server.cache.write({
      op: "update",
      key,
      expected: current.revision,
      object: bound(pod, binding, server.clock()),
    });
    if (result.outcome === "written") return;
    current = result.current;
  }
  throw conflict({ group: "", resource: "pods/binding", name }, "the pod kept changing");
}

/** The body's Binding, admitted, onto its pod; `call.endpoint` is that of pods. */
async function bind(server: ServerContext, call: Call): Promise<Response> {
  const { dryRun, fieldValidation } = createOptions(call);
  const expected = { apiVersion: "v1", kind: "Binding" };
  // readObject refuses every other kind.
  const binding = (await readObject(call, expected, fieldValidation)) as Binding;
  if (call.info.name !== "" && binding.metadata.name !== call.info.name)
    throw badRequest("name in URL does not match name in Binding object");
  if (call.info.name !== "") meetUrl(call, binding);
  const { name } = binding.metadata;
  const admitted = { operation: "CREATE", object: binding, old: undefined, name, dryRun } as const;
  const attributes = attributesOf(call, admitted);
  await mutate(server, attributes);
  checkBinding(binding);
  await validate(server, attributes);
  await assign(server, call, { binding, dryRun });
  return succeeded(call, 201);
}

export const podBinding = { create: bind };

/** POST to the bindings collection: the older way to say the same. */
export const bindings: Handler = (server, call) => {
  const pods = server.endpoints.get("/v1/pods") ?? call.endpoint;
  return bind(server, { ...call, endpoint: pods, info: { ...call.info, subresource: "binding" } });
};
