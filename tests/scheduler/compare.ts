/** One random cluster, lived through by the oracle and by the module: every answer must be the same. */
import { deepEqual } from "#apimachinery/deep-equal.ts";
import { matches, type Selector } from "#apimachinery/labels.ts";
import type { Node, Pod } from "#gen/api/core/v1.ts";
import type { PodDisruptionBudget } from "#gen/api/policy/v1.ts";
import { H_P_VERDICTS, HEADER, V_UNRESOLVABLE } from "#gen/scheduler-abi.ts";
import { apart } from "#scheduler/alike.ts";
import { type Encoded, podKey, SchedulerCache } from "#scheduler/cache.ts";
import { readConfiguration } from "#scheduler/configuration.ts";
import { scoresOf, verdicts } from "#scheduler/explain.ts";
import { defaultProfile, type Profile } from "#scheduler/profile.ts";
import { type Names, reasonsOf } from "#scheduler/reasons.ts";
import type { Cluster, OracleNode } from "./oracle/cluster.ts";
import { type Thought, think } from "./oracle/cycle.ts";
import { bestCandidates, roomRefusals } from "./oracle/default-preemption.ts";
import { devicesOn } from "./oracle/dynamic-resources.ts";
import type { OracleProfile } from "./oracle/settings.ts";
import { unasked } from "./oracle/unasked.ts";
import { Random } from "./random.ts";
import { RandomClaims } from "./random-claims.ts";
import { plainResult, RandomDevices } from "./random-devices.ts";
import { randomBudget, randomNamespaces, randomNode, randomPod } from "./random-objects.ts";
import { randomProfile } from "./random-profile.ts";

/** Pods labelled app=web belong to a Service in every second namespace. */
function defaultSelector(pod: Pod): Selector | undefined {
  const selected = pod.metadata.namespace !== "blue" && pod.metadata.labels?.["app"] === "web";
  return selected ? [{ key: "app", operator: "=", values: ["web"] }] : undefined;
}

/** Clusters with devices are otherwise what they would be without. */
const deviceSalt = 0x5eed;
const otherName = "other-scheduler";

/** As the product reads them. */
function profilesOf(profiles: readonly OracleProfile[]): ReadonlyMap<string, Profile> {
  const head = { apiVersion: "kubescheduler.config.k8s.io/v1", kind: "KubeSchedulerConfiguration" };
  const read = profiles.length === 0 ? [] : readConfiguration({ ...head, profiles }).profiles;
  return new Map(read.map((profile) => [profile.schedulerName, profile]));
}

export class Comparison {
  readonly differences: string[] = [];
  readonly seed: number;
  decisions = 0;
  placed = 0;
  preempted = 0;
  /** Claims that got devices. */
  allocated = 0;
  readonly #r: Random;
  readonly #cache: SchedulerCache;
  readonly #nodes = new Map<string, Node>();
  readonly #pods = new Map<string, Pod>();
  #namespaces: Record<string, Record<string, string>>;
  readonly #nominated = new Map<string, { pod: Pod; node: string }>();
  readonly #budgets = new Map<string, PodDisruptionBudget>();
  readonly #profiles: readonly OracleProfile[];
  /** Of every second cluster. */
  readonly #claims: RandomClaims | undefined;
  /** Of every eighth, with dice of its own. */
  readonly #devices: RandomDevices | undefined;
  #serial = 0;
  #known: Cluster | undefined;
  #thought: { pod: Pod; cluster: Cluster; thought: Thought } | undefined;

  /** `withDevices`: whatever the dice say. */
  constructor(seed: number, module?: WebAssembly.Module, withDevices = false) {
    this.seed = seed;
    this.#r = new Random(seed);
    // Every third forgets what nobody uses before nearly every batch.
    const garbageMax = seed % 3 === 0 ? 4 : undefined;
    const plain = { schedulerName: "default-scheduler" };
    this.#profiles = this.#r.chance(0.5) ? [plain, randomProfile(this.#r, otherName)] : [];
    this.#claims = this.#r.chance(0.5) ? new RandomClaims(this.#r, () => this.#cache) : undefined;
    const devices = new Random(seed ^ deviceSalt);
    this.#devices = devices.chance(0.12) || withDevices ? new RandomDevices(devices) : undefined;
    const profiles = profilesOf(this.#profiles);
    this.#cache = new SchedulerCache({
      ...{ seed, defaultSelector, module, garbageMax },
      profileOf: ({ spec }) => profiles.get(spec.schedulerName ?? "") ?? defaultProfile,
      storage: this.#claims?.source,
      devices: this.#devices?.sources,
    });
    this.#namespaces = randomNamespaces(this.#r);
    for (const [name, labels] of Object.entries(this.#namespaces))
      this.#cache.setNamespace(name, labels);
    // Some clusters fill several blocks of slots, and more groups than a class starts with.
    const nodes = this.#r.chance(0.012) ? 60 + this.#r.below(150) : 3 + this.#r.below(14);
    for (let i = nodes; i > 0; i--) this.#setNode(randomNode(this.#r, this.#name("n")));
    this.#claims?.fill([...this.#nodes.values()]);
    this.#devices?.fill([...this.#nodes.values()]);
  }

  run(steps: number): void {
    const names = [...this.#nodes.keys()];
    if (this.#r.chance(0.3)) for (let i = 0; i < 4; i++) this.#setBudget();
    for (let i = this.#r.below(24); i > 0; i--) {
      const nodeName = names[this.#r.below(names.length)];
      const pod = this.#pod(true);
      if (nodeName !== undefined) this.#setPod(this.#started(pod, nodeName));
    }
    for (let i = 0; i < steps && this.differences.length === 0; i++) {
      if (this.#r.chance(0.35)) this.#disturb();
      else this.#schedule();
      this.#known = undefined;
    }
  }

  #name(prefix: string): string {
    return `${prefix}${this.#serial++}`;
  }

  /** `stands`: it will be on a node from the beginning. */
  #pod(stands = false): Pod {
    const pod = randomPod(this.#r, this.#name("p"), [...this.#nodes.keys()]);
    const filled = this.#claims?.withVolumes(pod, stands) ?? pod;
    const stored = stands ? filled : (this.#devices?.withClaims(filled) ?? filled);
    if (this.#profiles.length === 0 || this.#r.chance(0.4)) return stored;
    return { ...stored, spec: { ...stored.spec, schedulerName: otherName } };
  }

  /** Start times differ, so that importance has no equals. */
  #started(pod: Pod, nodeName: string): Pod {
    const second = this.#r.below(1000) * 1000 + (this.#serial++ % 1000);
    const startTime = new Date(1.7e12 + second * 1000).toISOString();
    return { ...pod, spec: { ...pod.spec, nodeName }, status: { startTime } };
  }

  #setNode(node: Node): void {
    this.#known = undefined;
    this.#nodes.set(node.metadata.name, node);
    this.#cache.setNode(node);
  }

  #setPod(pod: Pod): void {
    this.#known = undefined;
    this.#pods.set(podKey(pod), pod);
    this.#cache.setPod(pod);
  }

  #setBudget(): void {
    const budget = randomBudget(this.#r, `b${this.#r.below(3)}`);
    this.#budgets.set(`${budget.metadata.namespace}/${budget.metadata.name}`, budget);
    this.#cache.budgets.set(budget);
  }

  #any<T>(map: ReadonlyMap<string, T>): T | undefined {
    return [...map.values()][this.#r.below(map.size)];
  }

  /** Anything that happens to a cluster besides scheduling. */
  #disturb(): void {
    this.#devices?.disturb([...this.#nodes.values()]);
    const node = this.#any(this.#nodes);
    const pod = this.#any(this.#pods);
    const what = this.#r.below(this.#claims === undefined ? 10 : 12);
    if (what > 9) this.#claims?.disturb([...this.#nodes.values()]);
    else if (what === 0) this.#setNode(randomNode(this.#r, this.#name("n")));
    else if (what === 1 && node && this.#nodes.size > 2) {
      // Its pods are gone with it for the oracle; the cache keeps them in mind for its return.
      this.#nodes.delete(node.metadata.name);
      this.#cache.removeNode(node.metadata.name);
    } else if (what === 2 && node) {
      const again = randomNode(this.#r, node.metadata.name);
      this.#setNode(again);
    } else if (what === 3 && pod) {
      this.#pods.delete(podKey(pod));
      this.#cache.removePod(podKey(pod));
    } else if (what === 4 && pod) {
      this.#setPod({
        ...pod,
        metadata: { ...pod.metadata, deletionTimestamp: "2026-01-01T00:00:00Z" },
      });
    } else if (what === 5 && pod) {
      const { labels } = this.#pod().metadata;
      this.#setPod({ ...pod, metadata: { ...pod.metadata, labels } });
    } else if (what === 7 && pod) {
      const again = this.#started(pod, pod.spec.nodeName ?? "");
      this.#setPod({ ...again, metadata: pod.metadata });
    } else if (what === 8) this.#setBudget();
    else if (what === 9) {
      const key = this.#any(this.#nominated)?.pod;
      if (key === undefined) return;
      this.#nominated.delete(podKey(key));
      this.#cache.nominations.remove(podKey(key));
    } else if (what === 6) {
      this.#namespaces = randomNamespaces(this.#r);
      for (const [name, labels] of Object.entries(this.#namespaces))
        this.#cache.setNamespace(name, labels);
    }
  }

  /** The same as long as nothing happens. */
  #cluster(): Cluster {
    this.#known ??= this.#seen();
    return this.#known;
  }

  #think(pod: Pod): Thought {
    const cluster = this.#cluster();
    if (this.#thought?.pod !== pod || this.#thought.cluster !== cluster)
      this.#thought = { pod, cluster, thought: think(pod, cluster) };
    return this.#thought.thought;
  }

  #seen(): Cluster {
    const byNode = Map.groupBy(this.#pods.values(), ({ spec }) => spec.nodeName);
    const nodes: OracleNode[] = [...this.#nodes.values()].map((node) => ({
      node,
      pods: byNode.get(node.metadata.name) ?? [],
    }));
    return {
      nodes,
      nominated: [...this.#nominated.values()],
      budgets: [...this.#budgets.values()],
      namespaces: this.#namespaces,
      profiles: this.#profiles,
      storage: this.#claims?.forOracle,
      devices: this.#devices?.forOracle,
      defaultSpreadSelector(pod) {
        const selector = defaultSelector(pod);
        return selector && ((labels) => matches(selector, labels));
      },
    };
  }

  #schedule(): void {
    const template = this.#pod();
    const pods = Array.from({ length: 1 + this.#r.below(5) }, () => {
      if (this.#r.chance(0.3)) return { pod: this.#pod() };
      const name = this.#name("p");
      return { pod: { ...template, metadata: { ...template.metadata, name, uid: name } } };
    });
    for (const part of apart(pods, (pod) => this.#cache.taking(pod))) {
      this.#scheduleTogether(part.map(({ pod }) => pod));
      this.#known = undefined;
    }
  }

  /** A batch: the first pod is explained before, every placement is judged as its pod saw the cluster. */
  #scheduleTogether(pods: readonly Pod[]): void {
    const all = this.#cache.encode(pods);
    const hopeless = all.findIndex(({ refusal }, index) => index > 0 && refusal !== undefined);
    const encoded = hopeless < 0 ? all : all.slice(0, hopeless);
    const [pod, first] = [pods[0], encoded[0]];
    if (pod && !this.#refusals(pod).includes(first?.refusal))
      this.#differ(pod, `no node is asked: ${first?.refusal}, oracle ${this.#refusals(pod)}`);
    if (first?.refusal !== undefined) return;
    if (pod && first && first.pin < 0) this.#explain(pod, first);
    const done = this.#cache.schedule(encoded, (index, slot) => {
      const [own, what] = [pods[index], encoded[index]];
      if (own && what) this.#judge(own, what, slot);
    });
    const refused = pods[done];
    if (refused === undefined || done === encoded.length) return;
    this.decisions++;
    const { totals } = this.#think(refused);
    if (totals.size > 0) this.#differ(refused, `refused, fits ${[...totals.keys()]}`);
    const what = encoded[done];
    if (what) this.#preempt(refused, what);
  }

  /** Why no node takes it, whatever nodes are like. */
  #refusals(pod: Pod): readonly (string | undefined)[] {
    const refusal = unasked(pod, this.#cluster());
    if (refusal !== undefined || this.#devices === undefined) return [refusal];
    const { failures } = this.#think(pod);
    return failures.length === 0 ? [undefined] : failures;
  }

  #judge(pod: Pod, encoded: Encoded, slot: number): void {
    this.decisions++;
    this.placed++;
    const nodeName = this.#cache.nodes.nameOf(slot);
    const cluster = this.#cluster();
    const { totals } = this.#think(pod);
    const best = Math.max(...totals.values());
    if (totals.get(nodeName) !== best) {
      this.#differ(pod, `chose ${nodeName} with ${totals.get(nodeName)}, best is ${best}`);
    }
    this.#cache.assume(pod, encoded, slot);
    const at = cluster.nodes.find(({ node }) => node.metadata.name === nodeName);
    if (at !== undefined) this.#claims?.settle(pod, at, cluster);
    if (at !== undefined && encoded.devices !== undefined) this.#settleDevices(pod, encoded, at);
    this.#setPod(this.#started(pod, nodeName));
  }

  #settleDevices(pod: Pod, { devices }: Encoded, at: OracleNode): void {
    const { open = [], results, extended } = devices ?? {};
    const got = results?.get(at.node.metadata.name) ?? [];
    const theirs = devicesOn(pod, at, this.#cluster());
    const mine = { results: got.map(plainResult) };
    if (!deepEqual(mine, theirs))
      this.#differ(pod, `devices ${JSON.stringify(mine)}, oracle ${JSON.stringify(theirs)}`);
    this.allocated += got.length;
    this.#devices?.settle(pod, open, got);
    const need = extended?.get(at.node.metadata.name);
    const last = got.at(-1);
    if (need !== undefined && last !== undefined)
      this.#devices?.settleExtended(pod, need.claim, last);
  }

  /** Room is made for a refused pod: the same victims, on one of the best nodes. */
  #preempt(pod: Pod, encoded: Encoded): void {
    const best = bestCandidates(pod, this.#cluster());
    const found = this.#cache.preempt(encoded);
    const theirs = best.map(
      ({ node, victims }) => `${node}: ${victims.map((victim) => podKey(victim)).join()}`,
    );
    const mine = found && `${found.nodeName}: ${found.victims.join()}`;
    if (mine === undefined ? best.length > 0 : !theirs.includes(mine)) {
      this.#differ(pod, `preempts ${mine}, best is ${theirs.join(" or ")}`);
    }
    if (found === undefined) {
      this.#compareRoom(pod, encoded);
      return;
    }
    this.preempted++;
    // Some wait for their room, for others it is made at once.
    if (this.#r.chance(0.5)) {
      this.#nominated.set(podKey(pod), { pod, node: found.nodeName });
      this.#cache.nominate(pod, found.nodeName);
    } else {
      for (const key of found.victims) {
        this.#pods.delete(key);
        this.#cache.removePod(key);
      }
    }
  }

  /** No room can be made: node by node for the same reasons. */
  #compareRoom(pod: Pod, { cls, pin }: Encoded): void {
    const { arena } = this.#cache.core;
    for (const [name, reasons] of roomRefusals(pod, this.#cluster())) {
      const slot = this.#cache.nodes.slotOf(name) ?? -1;
      if (pin !== -1 && pin !== slot) continue;
      const verdict = arena.get(arena.get(HEADER + H_P_VERDICTS) + slot * 4);
      const mine = reasonsOf(verdict, cls.names).sort().join();
      const theirs = [...reasons].sort().join();
      if (mine !== theirs) this.#differ(pod, `room on ${name}: ${mine}, oracle ${theirs}`);
    }
  }

  #explain(pod: Pod, encoded: Encoded): void {
    const thought = this.#think(pod);
    for (const [slot, verdict] of verdicts(this.#cache, encoded)) {
      const name = this.#cache.nodes.nameOf(slot);
      this.#compareRefusal(pod, thought, { name, verdict, names: encoded.cls.names });
      if (verdict === 0)
        this.#compareScores(pod, name, thought.scores.get(name), scoresOf(this.#cache, slot));
    }
  }

  #compareRefusal(
    pod: Pod,
    thought: Thought,
    { name, verdict, names }: { name: string; verdict: number; names: Names },
  ): void {
    const refusal = thought.refusals.get(name);
    const expected = [
      ...(refusal?.reasons ?? []),
      refusal?.unresolvable ? "unresolvable" : "",
    ].sort();
    const unresolvable = (verdict & V_UNRESOLVABLE) !== 0 ? "unresolvable" : "";
    const found = [...reasonsOf(verdict, names), unresolvable].sort();
    if (expected.join() !== found.join())
      this.#differ(pod, `${name} oracle ${expected}, module ${found}`);
  }

  #compareScores(
    pod: Pod,
    name: string,
    expected: Readonly<Record<string, number>> | undefined,
    found: Readonly<Record<string, number>>,
  ): void {
    for (const [plugin, score] of Object.entries(found)) {
      if ((expected?.[plugin] ?? 0) === score) continue;
      this.#differ(pod, `${name} ${plugin}: oracle ${expected?.[plugin]}, module ${score}`);
    }
  }

  #differ(pod: Pod, what: string): void {
    this.differences.push(`seed ${this.seed} ${podKey(pod)}: ${what}`);
  }
}
