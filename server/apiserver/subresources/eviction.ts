/** pods/eviction: a delete that asks the pod's disruption budget first. */

import { matches, selectorFromLabelSelector } from "#apimachinery/labels.ts";
import {
  type ApiError,
  badRequest,
  conflict,
  forbidden,
  notFound,
  refusal,
} from "#apimachinery/status.ts";
import { formatTime } from "#apimachinery/time.ts";
import { attributesOf, mutate, validate } from "#apiserver/admit.ts";
import type { Call, ServerContext } from "#apiserver/call.ts";
import { keyOf, named } from "#apiserver/endpoint.ts";
import { deleteObject } from "#apiserver/handlers/delete.ts";
import { meetDeletePreconditions } from "#apiserver/handlers/deletion.ts";
import { meetUrl } from "#apiserver/handlers/update.ts";
import { createOptions, readObject } from "#apiserver/request-body.ts";
import type { Pod } from "#gen/api/core/v1.ts";
import type { DeleteOptions } from "#gen/api/meta/v1.ts";
import {
  type Eviction,
  type PodDisruptionBudget,
  poddisruptionbudgets,
} from "#gen/api/policy/v1.ts";
import type { Stored } from "#storage/storage.ts";
import { succeeded } from "./success.ts";

/** Upstream's MaxDisruptedPodSize. */
const disruptedPodsMax = 2_000;
const triesMax = 20;
/** When the budget's controller has not caught up. */
const behindRetrySeconds = 10;

const violated = "Cannot evict pod as it would violate the pod's disruption budget.";

function refused(message: string, retryAfterSeconds = 0): ApiError {
  return refusal("TooManyRequests", violated, {
    causes: [{ reason: "DisruptionBudget", message }],
    ...(retryAfterSeconds === 0 ? {} : { retryAfterSeconds }),
  });
}

/** Pods that no budget protects: they serve nobody. */
function isOver({ metadata, status }: Pod): boolean {
  const phase = status?.phase ?? "";
  return (
    metadata.deletionTimestamp !== undefined || ["Succeeded", "Failed", "Pending"].includes(phase)
  );
}

function isReady({ status }: Pod): boolean {
  const ready = (status?.conditions ?? []).find(({ type }) => type === "Ready");
  return ready?.status === "True";
}

function budgetsOf({ cache }: ServerContext, { metadata }: Pod): readonly Stored[] {
  const { group, plural } = poddisruptionbudgets;
  const scope = { group, resource: plural, namespace: metadata.namespace };
  return cache.list(scope).entries.filter(({ object }) => {
    // Only budgets are stored under poddisruptionbudgets.
    const { spec } = object as PodDisruptionBudget;
    return matches(selectorFromLabelSelector(spec?.selector), metadata.labels);
  });
}

/** An unready pod may go without counting: always, or while the rest is healthy. */
function unreadyMayGo(pod: Pod, { spec, status }: PodDisruptionBudget): boolean {
  if (isReady(pod)) return false;
  if (spec?.unhealthyPodEvictionPolicy === "AlwaysAllow") return true;
  const { currentHealthy = 0, desiredHealthy = 0 } = status ?? {};
  return desiredHealthy > 0 && currentHealthy >= desiredHealthy;
}

/** The budget with one disruption less, this pod noted. Throws TooManyRequests, Forbidden. */
function spent(budget: PodDisruptionBudget, podName: string, now: Date): PodDisruptionBudget {
  const { metadata, status = {} } = budget;
  const { disruptionsAllowed: allowed = 0, disruptedPods = {} } = status;
  const who = { group: "policy", resource: "poddisruptionbudgets", name: metadata.name };
  if ((status.observedGeneration ?? 0) < (metadata.generation ?? 0)) {
    const why = `The disruption budget ${metadata.name} is still being processed by the server.`;
    throw refused(why, behindRetrySeconds);
  }
  if (allowed < 0) throw forbidden(who, "pdb disruptions allowed is negative");
  if (Object.keys(disruptedPods).length > disruptedPodsMax) {
    throw forbidden(
      who,
      "DisruptedPods map too big - too many evictions not confirmed by PDB controller",
    );
  }
  if (allowed === 0) {
    const { desiredHealthy = 0, currentHealthy = 0 } = status;
    throw refused(
      `The disruption budget ${metadata.name} needs ${desiredHealthy} healthy pods and has ${currentHealthy} currently`,
    );
  }
  return {
    ...budget,
    metadata: { ...metadata },
    status: {
      ...status,
      disruptionsAllowed: allowed - 1,
      disruptedPods: { ...disruptedPods, [podName]: formatTime(now) },
    },
  };
}

/** Takes one disruption from the pod's budget, if it has one. */
async function spend(server: ServerContext, pod: Pod, dryRun: boolean): Promise<void> {
  for (let tries = 1; tries <= triesMax; tries++) {
    const [stored, second] = budgetsOf(server, pod);
    if (stored === undefined) return;
    if (second !== undefined) {
      throw refusal(
        "InternalError",
        "This pod has more than one PodDisruptionBudget, which the eviction subresource does not support.",
      );
    }
    // As in budgetsOf.
    const budget = stored.object as PodDisruptionBudget;
    if (unreadyMayGo(pod, budget)) return;
    const object = spent(budget, pod.metadata.name, server.clock());
    if (dryRun) return;
    const { key, revision: expected } = stored;
    const result = await server.cache.write({ op: "update", key, expected, object });
    if (result.outcome === "written") return;
    await server.cache.fresh();
  }
  throw refused("The disruption budget kept changing.", 1);
}

function optionsOf({ deleteOptions }: Eviction, pod: Pod): DeleteOptions {
  const given = deleteOptions ?? { kind: "DeleteOptions", apiVersion: "v1" };
  // The pod that was judged is the one that goes.
  return { ...given, preconditions: { uid: pod.metadata.uid, ...given.preconditions } };
}

/** Why it goes, for its controllers, before it goes. The options are those of the delete, for the pod as it then is. */
async function markTarget(
  server: ServerContext,
  call: Call,
  { stored, options }: { readonly stored: Stored; readonly options: DeleteOptions },
): Promise<DeleteOptions> {
  // Only pods are stored under pods.
  const pod = stored.object as Pod;
  const { preconditions } = options;
  meetDeletePreconditions(call, pod, preconditions);
  const condition = {
    type: "DisruptionTarget",
    status: "True",
    reason: "EvictionByEvictionAPI",
    message: "Eviction API: evicting",
    lastTransitionTime: formatTime(server.clock()),
  };
  const others = (pod.status?.conditions ?? []).filter(({ type }) => type !== condition.type);
  const status = { ...pod.status, conditions: [...others, condition] };
  const { key, revision: expected } = stored;
  const object = { ...pod, metadata: { ...pod.metadata }, status };
  const result = await server.cache.write({ op: "update", key, expected, object });
  if (result.outcome === "written")
    return preconditions?.resourceVersion === undefined
      ? options
      : {
          ...options,
          preconditions: { ...preconditions, resourceVersion: `${result.stored.revision}` },
        };
  if (result.current === undefined) throw notFound(named(call.endpoint, pod.metadata.name));
  // As above.
  const now = result.current.object as Pod;
  if (now.metadata.uid !== pod.metadata.uid) {
    throw conflict(named(call.endpoint, pod.metadata.name), "the pod was replaced");
  }
  return options;
}

async function evict(server: ServerContext, call: Call): Promise<Response> {
  const { dryRun: asked, fieldValidation } = createOptions(call);
  const expected = { apiVersion: "policy/v1", kind: "Eviction", formerly: "policy/v1beta1" };
  // readObject refuses every other kind.
  const body = (await readObject(call, expected, fieldValidation)) as Eviction;
  if (body.metadata.name !== call.info.name)
    throw badRequest("name in URL does not match name in Eviction object");
  meetUrl(call, body);
  const { namespace, name } = call.info;
  const dryRun = asked || (body.deleteOptions?.dryRun ?? []).length > 0;
  const admitted = { operation: "CREATE", object: body, old: undefined, name, dryRun } as const;
  const attributes = attributesOf(call, admitted);
  await mutate(server, attributes);
  await validate(server, attributes);
  await server.cache.fresh();
  const stored = server.cache.get(keyOf(call.endpoint, namespace, name));
  if (stored === undefined) throw notFound(named(call.endpoint, name));
  // Only pods are stored under pods.
  const pod = stored.object as Pod;
  const over = isOver(pod);
  if (!over) await spend(server, pod, dryRun);
  const asIs = optionsOf(body, pod);
  const options = dryRun
    ? { ...asIs, dryRun: ["All"] }
    : await markTarget(server, call, { stored, options: asIs });
  await deleteObject(server, call, options, call.info);
  return succeeded(call, 201);
}

export const eviction = { create: evict };
