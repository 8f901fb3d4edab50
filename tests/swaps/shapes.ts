/** The shapes of the peers' `load`: how many pods got a node, by listing, and whether their constraints hold. */
import assert from "node:assert/strict";
import type { Client } from "#client/client.ts";
import { nodes, type Pod, pods } from "#gen/api/core/v1.ts";
import { run } from "#tests/support/peers.ts";
import type { Check } from "./swap.ts";
import { insist, until } from "./until.ts";
import { type World, zoneLabel } from "./world.ts";

const namespace = "load";
/** Of all waves together, on a busy machine. */
const wavesMsMax = 900_000;
/** Of the shapes that spread over zones. */
const maxSkew = 5;

interface Places {
  readonly zoneOf: ReadonlyMap<string, string>;
  /** Pods that a node takes by their number and by their requests (100m CPU, 100Mi each). */
  readonly roomOf: ReadonlyMap<string, number>;
}

/** Throws where a constraint is broken; says what the placement looks like. */
type Look = (bound: readonly Pod[], places: Places) => string;

const nodeOf = (pod: Pod): string => pod.spec.nodeName ?? "";

function skewOf(bound: readonly Pod[], { zoneOf }: Places): number {
  const counts = new Map([...zoneOf.values()].map((zone) => [zone, 0]));
  for (const pod of bound) {
    const zone = zoneOf.get(nodeOf(pod)) ?? "";
    counts.set(zone, (counts.get(zone) ?? 0) + 1);
  }
  return Math.max(...counts.values()) - Math.min(...counts.values());
}

function fits(bound: readonly Pod[], { roomOf }: Places): void {
  for (const [node, held] of Map.groupBy(bound, nodeOf)) {
    const room = roomOf.get(node) ?? 0;
    assert.ok(held.length <= room, `${node} has room for ${room}, holds ${held.length}`);
  }
}

const looks: Readonly<Record<string, Look>> = {
  basic(bound) {
    return `on ${new Set(bound.map(nodeOf)).size} nodes`;
  },
  // Only preferred: told, not demanded.
  spread: (bound, places) => `skew of zones ${skewOf(bound, places)}`,
  hardspread(bound, places) {
    const skew = skewOf(bound, places);
    assert.ok(skew <= maxSkew, `skew of zones ${skew}, at most ${maxSkew}`);
    return `skew of zones ${skew}`;
  },
  antiaffinity(bound) {
    assert.equal(new Set(bound.map(nodeOf)).size, bound.length, "two share a node");
    return "never two on a node";
  },
  affinity(bound, { zoneOf }) {
    const zones = new Set(bound.map((pod) => zoneOf.get(nodeOf(pod))));
    assert.equal(zones.size, 1, `in the zones ${[...zones].join()}`);
    return "all in one zone";
  },
};

export const shapes = Object.keys(looks);

/** Millicores or bytes, of what nodes here write. */
function amount(quantity = "0"): number {
  const units: Readonly<Record<string, number>> = {
    m: 1e-3,
    Ki: 2 ** 10,
    Mi: 2 ** 20,
    Gi: 2 ** 30,
  };
  const [, number = "0", unit = ""] = /^(\d+)(\w*)$/.exec(quantity) ?? [];
  return Number(number) * (units[unit] ?? 1);
}

async function placesOf(client: Client): Promise<Places> {
  const { items } = await client.list(nodes);
  const room = ({ cpu, memory, pods: most }: Readonly<Record<string, string>>): number =>
    Math.floor(Math.min(amount(most), amount(cpu) / 0.1, amount(memory) / (100 * 2 ** 20)));
  return {
    zoneOf: new Map(
      items.map(({ metadata: { name, labels } }) => [name, labels?.[zoneLabel] ?? ""]),
    ),
    roomOf: new Map(
      items.map(({ metadata: { name }, status }) => [name, room(status?.allocatable ?? {})]),
    ),
  };
}

async function ofShape(client: Client, shape: string): Promise<readonly Pod[]> {
  return (await client.list(pods, { namespace, labelSelector: `app=${shape}` })).items;
}

/** A node takes one of them: the bound ones go, and the next get their turn, until each had a node once. */
async function inWaves(client: Client, count: number, look: (bound: readonly Pod[]) => string) {
  const served = new Set<string>();
  let waves = 0;
  const serve = async (): Promise<string> => {
    const bound = (await ofShape(client, "antiaffinity")).filter((pod) => nodeOf(pod) !== "");
    look(bound);
    for (const { metadata } of bound) {
      served.add(metadata.name);
      await client.delete(pods, namespace, metadata.name, { gracePeriodSeconds: 0 });
    }
    if (bound.length > 0) waves += 1;
    return `${served.size}`;
  };
  await until("every pod to have had a node", `${count}`, serve, wavesMsMax);
  return waves;
}

async function schedulesAll({ kubeconfig, client }: World, shape: string, count: number) {
  // Its own count is not asked: a busy server ends a watch that reads too slowly.
  const given = ["-n", `${count}`, "-shape", shape, "-timeout", "1s", "-kubeconfig", kubeconfig];
  const { out } = await run("load", ["sched", ...given]);
  assert.match(out, /errors 0\)/, `load says: ${out}`);
  const places = await insist(() => placesOf(client));
  const look = (bound: readonly Pod[]): string => {
    fits(bound, places);
    return looks[shape]?.(bound, places) ?? "";
  };
  const here = async (): Promise<readonly Pod[]> =>
    (await ofShape(client, shape)).filter((pod) => nodeOf(pod) !== "");
  if (shape === "antiaffinity") {
    const waves = await inWaves(client, count, look);
    return `${count} bound in ${waves} waves on ${places.zoneOf.size} nodes, ${look([])}`;
  }
  let bound: readonly Pod[] = [];
  await until("every pod to have a node", `${count}`, async () => {
    bound = await here();
    return `${bound.length}`;
  });
  const said = look(bound);
  // On a busy machine one call may be given up half-way.
  await until("no pod", "0", async () => {
    await client.deleteCollection(pods, { namespace }, { gracePeriodSeconds: 0 });
    return `${(await ofShape(client, shape)).length}`;
  });
  return `${count} bound on ${places.zoneOf.size} nodes, ${said}`;
}

/** One stage a shape: they would stand in each other's way. */
export function shapeStages(world: World, count: number, which = shapes): readonly Check[][] {
  return which.map((shape) => [
    {
      must: `schedule ${count} pods of shape ${shape}`,
      run: () => schedulesAll(world, shape, count),
    },
  ]);
}
