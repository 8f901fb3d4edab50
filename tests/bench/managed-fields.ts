/**
 * What tracking costs: operations a second of the pure parts, `npm run managed-fields`.
 * A create is the set of a new object's fields; an update is a changed label compared and carried over.
 */
import { createdSet } from "#apimachinery/apply/created-set.ts";
import { decodeManagers, encodeManagers } from "#apimachinery/apply/managers.ts";
import { mergeTypeOf } from "#apimachinery/apply/merge-type.ts";
import { updatedManagers } from "#apimachinery/apply/update.ts";
import type { Fields } from "#apimachinery/apply/values.ts";
import type { Versions } from "#apimachinery/apply/versions.ts";
import { takeInObject } from "#apimachinery/codec/json.ts";
import { schemaOf } from "#apimachinery/schema.ts";
import type { KubeObject } from "#gen/api/meta/v1.ts";

const metadata = { name: "a", namespace: "default", labels: { app: "a" } };
const keys = Array.from({ length: 10 }, (_, index) => [`key-${index}`, "value"]);
const configMap = { kind: "ConfigMap", apiVersion: "v1", metadata, data: Object.fromEntries(keys) };
const pod = {
  kind: "Pod",
  apiVersion: "v1",
  metadata: {
    ...metadata,
    ownerReferences: [
      { apiVersion: "apps/v1", kind: "ReplicaSet", name: "a", uid: "u", controller: true },
    ],
  },
  spec: {
    containers: [
      {
        name: "c",
        image: "registry/app:1",
        imagePullPolicy: "Always",
        env: [
          { name: "A", value: "1" },
          { name: "B", value: "2" },
        ],
        ports: [{ containerPort: 80, protocol: "TCP" }],
        resources: { limits: { cpu: "1", memory: "1Gi" }, requests: { cpu: "1", memory: "1Gi" } },
        terminationMessagePath: "/dev/termination-log",
        terminationMessagePolicy: "File",
        volumeMounts: [{ name: "v", mountPath: "/v" }],
      },
    ],
    dnsPolicy: "ClusterFirst",
    enableServiceLinks: true,
    restartPolicy: "Always",
    schedulerName: "default-scheduler",
    securityContext: {},
    terminationGracePeriodSeconds: 30,
    volumes: [{ name: "v", emptyDir: {} }],
  },
};

function versionsOf({ apiVersion, kind }: KubeObject): Versions & { readonly zero: Fields } {
  const struct = schemaOf(apiVersion, kind);
  if (struct === undefined) throw new Error(`${kind} is in the schema table`);
  const zero = { apiVersion, kind } as KubeObject;
  takeInObject(zero);
  const own = { apiVersion, type: mergeTypeOf(struct), zero: { ...zero }, reset: {} };
  return {
    own,
    zero: own.zero,
    version: (asked) => (asked === apiVersion ? own : undefined),
    convert: (object) => object,
    convertBack: (object) => object,
  };
}

const without = {
  apiVersion: true,
  kind: true,
  status: true,
  metadata: { name: true, namespace: true },
} as const;

export interface Cost {
  readonly kind: string;
  readonly createMicroseconds: number;
  readonly updateMicroseconds: number;
  readonly unchangedMicroseconds: number;
}

/** A call, in the fastest of ten batches: what else the machine does only ever adds. */
function microseconds(rounds: number, work: () => void): number {
  const batch = Math.ceil(rounds / 10);
  let best = Number.POSITIVE_INFINITY;
  for (let done = 0; done < rounds; done += batch) {
    const started = performance.now();
    for (let round = 0; round < batch; round++) work();
    best = Math.min(best, ((performance.now() - started) * 1000) / batch);
  }
  return best;
}

function costOf(object: KubeObject, rounds: number): Cost {
  takeInObject(object);
  const versions = versionsOf(object);
  const { type, zero } = versions.own;
  if (type.kind !== "map") throw new Error("a kind is a struct");
  const before: Fields = { ...object };
  const set = createdSet({ type, zero, without }, before);
  const writer = { manager: "bench", subresource: "", now: "2026-01-01T00:00:00Z" };
  const first = encodeManagers(
    new Map([
      [
        "",
        { ...writer, operation: "Update", apiVersion: object.apiVersion, time: writer.now, set },
      ],
    ]),
  );
  const labels = { ...object.metadata.labels, changed: "yes" };
  const after: Fields = structuredClone({ ...object, metadata: { ...object.metadata, labels } });
  const same: Fields = structuredClone(before);
  const update = (to: Fields) =>
    encodeManagers(updatedManagers(versions, { before, after: to }, decodeManagers(first), writer));
  return {
    kind: object.kind,
    createMicroseconds: microseconds(rounds, () => createdSet({ type, zero, without }, before)),
    updateMicroseconds: microseconds(rounds, () => update(after)),
    unchangedMicroseconds: microseconds(rounds, () => update(same)),
  };
}

export function costs(rounds: number): Cost[] {
  return [costOf(structuredClone(configMap), rounds), costOf(structuredClone(pod), rounds)];
}

if (import.meta.main) console.log(JSON.stringify(costs(20_000), undefined, 2));
