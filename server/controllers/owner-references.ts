/** Who owns what: the one controller of an object, and how objects change hands. */
import { controllerOf } from "#apimachinery/controller-of.ts";
import { matches, type Selector } from "#apimachinery/labels.ts";
import type { Client } from "#client/client.ts";
import type { Informer } from "#client/informer.ts";
import type { KubeObject, OwnerReference } from "#gen/api/meta/v1.ts";
import type { ResourceRef } from "#gen/api/resource-ref.ts";
import { type Effect, patch } from "./effects.ts";

/** Index of informers: what is controlled by a uid, and, under `orphan/NAMESPACE`, what nobody controls. */
export const byController = "controller";

export function controllerValues(object: KubeObject): readonly string[] {
  return [controllerOf(object)?.uid ?? orphansIn(object.metadata.namespace ?? "")];
}

function orphansIn(namespace: string): string {
  return `orphan/${namespace}`;
}

export function controllerReference(owner: KubeObject): OwnerReference {
  return {
    apiVersion: owner.apiVersion,
    kind: owner.kind,
    name: owner.metadata.name,
    uid: owner.metadata.uid ?? "",
    controller: true,
    blockOwnerDeletion: true,
  };
}

export interface Claim<T> {
  readonly claimed: readonly T[];
  /** Adoptions of orphans that match, releases of owned ones that no longer do. */
  readonly effects: readonly Effect[];
}

interface ClaimOptions<T extends KubeObject> {
  readonly owner: KubeObject;
  readonly ref: ResourceRef<T>;
  readonly selector: Selector;
  /** Those it owns and those nobody owns. */
  readonly candidates: readonly T[];
}

/** Upstream's ControllerRefManager: an owner on its way out neither adopts nor releases. */
export function claim<T extends KubeObject>(options: ClaimOptions<T>): Claim<T> {
  const { owner, ref, selector, candidates } = options;
  const claimed: T[] = [];
  const effects: Effect[] = [];
  const leaving = owner.metadata.deletionTimestamp !== undefined;
  for (const object of candidates) {
    const match = matches(selector, object.metadata.labels);
    const controller = controllerOf(object);
    if (controller?.uid === owner.metadata.uid) {
      if (match) claimed.push(object);
      else if (!leaving) effects.push(release(ref, owner, object));
      continue;
    }
    const free = controller === undefined && object.metadata.deletionTimestamp === undefined;
    if (!free || !match || leaving) continue;
    effects.push(adopt(ref, owner, object));
    claimed.push(object);
  }
  return { claimed, effects };
}

/** Orphans that the owner would adopt: before it does, its own life must be looked up live. */
function wouldAdopt<T extends KubeObject>({
  owner,
  selector,
  candidates,
}: Omit<ClaimOptions<T>, "ref">): boolean {
  if (owner.metadata.deletionTimestamp !== undefined) return false;
  return candidates.some(
    (object) =>
      controllerOf(object) === undefined &&
      object.metadata.deletionTimestamp === undefined &&
      matches(selector, object.metadata.labels),
  );
}

/** What an owner has and the orphans that it may take over; undefined: it is gone, or leaving, by now. */
export async function candidatesOf<Owner extends KubeObject, T extends KubeObject>(
  client: Client,
  ref: ResourceRef<Owner>,
  { owner, selector, all, fits = () => true }: Candidacy<Owner, T>,
): Promise<readonly T[] | undefined> {
  const { namespace = "", uid = "" } = owner.metadata;
  const orphans = all.byIndex(byController, orphansIn(namespace)).filter(fits);
  if (!(await mayAdopt(client, ref, { owner, selector, candidates: orphans }))) return undefined;
  return [...all.byIndex(byController, uid), ...orphans];
}

/** Only an owner that is still there, and not leaving, may take over orphans: looked up live before it does. */
async function mayAdopt<Owner extends KubeObject, T extends KubeObject>(
  client: Client,
  ref: ResourceRef<Owner>,
  adoption: Omit<ClaimOptions<T>, "ref">,
): Promise<boolean> {
  if (!wouldAdopt(adoption)) return true;
  const { namespace = "", name, uid } = adoption.owner.metadata;
  const live = await client.get(ref, namespace, name);
  return live.metadata.uid === uid && live.metadata.deletionTimestamp === undefined;
}

interface Candidacy<Owner, T extends KubeObject> {
  readonly owner: Owner;
  readonly selector: Selector;
  /** Indexed by controller. */
  readonly all: Pick<Informer<T>, "byIndex">;
  /** Orphans that are none of its own whatever their labels say are left out. */
  readonly fits?: (object: T) => boolean;
}

function adopt(ref: ResourceRef, owner: KubeObject, object: KubeObject): Effect {
  const { uid } = object.metadata;
  const body = { metadata: { uid, ownerReferences: [controllerReference(owner)] } };
  return patch(ref, targetOf(object), body);
}

function release(ref: ResourceRef, owner: KubeObject, object: KubeObject): Effect {
  const drop = { $patch: "delete", uid: owner.metadata.uid };
  const body = { metadata: { uid: object.metadata.uid, ownerReferences: [drop] } };
  return patch(ref, targetOf(object), body);
}

export function targetOf({ metadata }: KubeObject): { namespace: string; name: string } {
  return { namespace: metadata.namespace ?? "", name: metadata.name };
}
