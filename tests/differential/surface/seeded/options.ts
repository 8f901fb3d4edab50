/** R2, R4, R5, R9 to R13, M5 and M7: parameters of every verb in every combination, good and bad. */

import type { Maker } from "../../values.ts";
import type { Row } from "../row.ts";
import { resources } from "./resources.ts";
import { collectionOf, gone, pathOf, stored } from "./stored.ts";

type Choices = Maker["choices"];

const maps = "/api/v1/namespaces/NS/configmaps";
const table = "application/json;as=Table;v=v1;g=meta.k8s.io";
const encoded = (text: string): string =>
  encodeURIComponent(text)
    .replace(/%3C(\w+)%3E/g, "<$1>")
    .replace(/^NS$/, "NS");

const reading: Readonly<Record<string, readonly string[]>> = {
  resourceVersion: ["", "0", "1", "<version>", "x", "-1", "99999999999"],
  resourceVersionMatch: ["", "Exact", "NotOlderThan", "x"],
  limit: ["0", "1", "2", "-1", "x", "500"],
  continue: ["<continue>", "x", "", "e30"],
  labelSelector: ["a", "a=b", "!a", "a in (b,c)", "a notin (b)", "a,", "a=b,b!=x"],
  fieldSelector: ["metadata.name=one", "metadata.name!=one", "metadata.namespace=NS", "spec.x=y"],
  sendInitialEvents: ["true", "false", "x"],
  allowWatchBookmarks: ["true", "false", "x"],
  timeoutSeconds: ["1", "0", "x"],
  pretty: ["true", "0"],
  shardSelector: ["x"],
};

function query(choices: Choices, from: typeof reading, share: number): string {
  return choices
    .some(Object.keys(from), share)
    .map((name) => `${name}=${encoded(choices.of(from[name] ?? [""]))}`)
    .join("&");
}

/** A watch that lasts, and waits for no revision to come. */
function lasting(text: string): string {
  return `${text.replaceAll(/&?timeoutSeconds=\w+/g, "").replaceAll(/resourceVersion=99999999999/g, "resourceVersion=0")}&timeoutSeconds=1`;
}

function read(choices: Choices): Row {
  const asked = query(choices, reading, 0.25);
  const accept = choices.fraction() < 0.15 ? table : "application/json";
  const at = "R2";
  if (choices.fraction() < 0.75)
    return { at, ask: `GET ${maps}?${asked.replace("99999999999", "0")}`, accept };
  if (choices.fraction() < 0.3) return { at, ask: `GET ${maps}/one?${asked}`, accept };
  // What changed since the first revision is each server's own.
  const since = /resourceVersion=1(&|$)/.test(asked) ? { shape: true as const } : {};
  return { at, ask: `GET ${maps}?watch=1&${lasting(asked)}`, accept, ...since };
}

const writing: Readonly<Record<string, readonly string[]>> = {
  dryRun: ["All", "All", "all", "", "x"],
  fieldManager: ["m", "", "a".repeat(128), "a".repeat(129), "é", "a\nb", "a/b c"],
  fieldValidation: ["Strict", "Warn", "Ignore", "x", ""],
  force: ["true", "false", "x"],
  pretty: ["true"],
  timeout: ["1s", "x"],
  resourceVersion: ["1"],
};

const types = [
  "application/json-patch+json",
  "application/merge-patch+json",
  "application/strategic-merge-patch+json",
  "application/apply-patch+yaml",
] as const;

function write(choices: Choices): Row {
  const asked = query(choices, writing, 0.3);
  const object = {
    apiVersion: "v1",
    kind: "ConfigMap",
    metadata: { name: "one" },
    data: { x: "y" },
  };
  const dice = choices.fraction();
  if (dice < 0.25)
    return {
      at: "M5",
      ask: `POST ${maps}?${asked}`,
      body: {
        metadata: choices.of<object>([{ name: "one" }, { generateName: "g-", name: "one" }]),
      },
    };
  if (dice < 0.5) return { at: "M5", ask: `PUT ${maps}/one?${asked}`, body: object };
  const type = choices.of(types);
  const body = type === types[0] ? [{ op: "add", path: "/data", value: { q: "r" } }] : object;
  return { at: "M5", ask: `PATCH ${maps}/one?${asked}`, type, body };
}

const deleting: Readonly<Record<string, readonly string[]>> = {
  dryRun: ["All", "All", "All", "x", ""],
  propagationPolicy: ["Orphan", "Background", "Foreground", "x", ""],
  gracePeriodSeconds: ["0", "1", "30", "-1", "x", ""],
  orphanDependents: ["true", "false", "x"],
  ignoreStoreReadErrorWithClusterBreakingPotential: ["false", "x"],
  pretty: ["true"],
};
const options: readonly [name: string, values: readonly unknown[]][] = [
  ["apiVersion", ["v1", "meta.k8s.io/v1", "policy/v1", ""]],
  ["kind", ["DeleteOptions", "x", ""]],
  ["propagationPolicy", ["Orphan", "Background", "Foreground", "x", "", null]],
  ["gracePeriodSeconds", [0, 1, 30, -1, "x", null]],
  ["orphanDependents", [true, false, "x"]],
  ["dryRun", [["All"], ["x"], [], ["All", "All"], "All"]],
  ["preconditions", [{ uid: "<uid>" }, { uid: "x" }, { resourceVersion: "1" }, {}, null, "x"]],
  ["nope", [1]],
];

/** Objects of the kinds that end in ways of their own. */
const ending = /^(pods|services|deployments|jobs|replicasets|persistentvolumeclaims|nodes)$/;

function deletion(choices: Choices): Row[] {
  const base = choices.of(stored.filter(({ plural }) => ending.test(plural)));
  const chosen = choices.some(options, 0.3);
  const body = Object.fromEntries(chosen.map(([name, values]) => [name, choices.of(values)]));
  const asked = query(choices, deleting, 0.25);
  const type = choices.of(["application/json", "application/json", "application/yaml"]);
  const finalizers = choices.of([[], [], ["example.com/f"]]);
  const object = base.at("NS");
  if (finalizers.length > 0) object.metadata.finalizers = finalizers;
  return [
    ...gone(base),
    { at: "M1", ask: `POST ${collectionOf(base)}`, body: object, unseen: true },
    { at: "M7", ask: `GET ${pathOf(base)}`, unseen: true },
    choices.fraction() < 0.7
      ? { at: "M7", ask: `DELETE ${pathOf(base)}?${asked}`, type, body }
      : { at: "M7", ask: `DELETE ${pathOf(base)}?${asked}` },
    { at: "M7", ask: `GET ${pathOf(base)}` },
    ...gone(base),
  ];
}

/** Lists, watches and deletions of every resource by fields that it has, or has not. */
const selectable = [
  "metadata.name=x",
  "metadata.namespace=x",
  "metadata.uid=x",
  "spec.nodeName=x",
  "spec.restartPolicy=Always",
  "spec.schedulerName=x",
  "spec.serviceAccountName=x",
  "spec.hostNetwork=true",
  "spec.unschedulable=true",
  "spec.signerName=x",
  "spec.clusterIP=None",
  "spec.type=ClusterIP",
  "spec.driver=x",
  "spec.podName=x",
  "status.phase=x",
  "status.podIP=x",
  "status.podIPs=x",
  "status.nominatedNodeName=x",
  "status.replicas=0",
  "status.successful=1",
  "type=x",
  "reason=x",
  "source=x",
  "reportingComponent=x",
  "reportingController=x",
  "regarding.name=x",
  "involvedObject.kind=x",
  "involvedObject.fieldPath=x",
  "involvedObject.resourceVersion=1",
];

export function fieldRows({ choices }: Maker): readonly Row[] {
  return resources.flatMap(({ path, plural }): Row[] =>
    selectable
      .filter(
        (_, index) => index < 3 || /pods|events|nodes/.test(plural) || choices.fraction() < 0.3,
      )
      .map((selector): Row => {
        const watch = choices.fraction() < 0.1 ? "&watch=1&timeoutSeconds=1" : "";
        const ask = `GET ${path}?fieldSelector=${encodeURIComponent(selector)}${watch}`;
        return { at: "R12", ask };
      }),
  );
}

const setUp: readonly Row[] = [
  ["one", { a: "b" }],
  ["two", { a: "c", b: "x" }],
  ["three", {}],
].map(([name, labels]) => ({
  at: "M1",
  ask: `POST ${maps}`,
  body: { metadata: { name, labels }, data: { a: "b" } },
}));

export function optionRows({ choices }: Maker): readonly Row[] {
  return [
    ...setUp,
    ...Array.from({ length: 220 }, () => read(choices)),
    ...Array.from({ length: 150 }, () => write(choices)),
    ...Array.from({ length: 60 }, () => deletion(choices)).flat(),
  ];
}
