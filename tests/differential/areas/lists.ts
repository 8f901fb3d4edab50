/** Reads: selectors good and bad, pages, versions, watches, tables and metadata alone. */

import { bases } from "../bases.ts";
import type { Choices } from "../random.ts";
import type { Scenario } from "../world.ts";
import type { Area, Setting } from "./area.ts";

const keys = ["a", "b", "example.com/a", "-x", "a b", "", "a/b/c"];
const operands = ["b", "c", "", "b c", "x".repeat(64), "é"];
const operators = ["=", "==", "!=", ">", "<", "~"];
const fieldKeys = [
  ...["metadata.name", "metadata.namespace", "metadata.labels", "spec.nodeName", "status.phase"],
  ...[
    "type",
    "nope",
    "",
    "spec.unschedulable",
    "involvedObject.kind",
    "reason",
    "status.successful",
  ],
  ...["spec.serviceAccountName", "spec.restartPolicy", "spec.schedulerName", "status.podIP"],
];

function labelTerm(choices: Choices): string {
  const key = choices.of(keys);
  const dice = choices.fraction();
  if (dice < 0.15) return key;
  if (dice < 0.3) return `!${key}`;
  const set = [choices.of(operands), choices.of(operands)].join(",");
  if (dice < 0.5) return `${key} in (${set})`;
  if (dice < 0.65) return `${key} notin (${set})`;
  if (dice < 0.7) return `${key} in ${set}`;
  return `${key}${choices.of(operators)}${choices.of(operands)}`;
}

const terms = (choices: Choices, term: () => string): string =>
  choices.fraction() < 0.7 ? term() : `${term()},${term()}`;

const fieldTerm = (choices: Choices): string =>
  `${choices.of(fieldKeys)}${choices.of(["=", "==", "!=", ">", ""])}${choices.of(["x", "m1", "", "Running", "a,b"])}`;

const versions = ["", "0", "1", "x", "-1", "999999999", "01", "1.5"];
const accepts = [
  ...[
    "application/json",
    "application/yaml",
    "application/vnd.kubernetes.protobuf",
    "*/*",
    "text/html",
  ],
  "application/json;as=Table;v=v1;g=meta.k8s.io",
  "application/json;as=Table;v=v1beta1;g=meta.k8s.io,application/json",
  "application/json;as=Table;v=v2;g=meta.k8s.io",
  "application/json;as=PartialObjectMetadataList;v=v1;g=meta.k8s.io",
  "application/json;as=PartialObjectMetadata;v=v1;g=meta.k8s.io",
  "application/cbor",
  "application/json;q=0.1,application/yaml",
  "",
];

/** Of a listing's query, some parameters. */
function query(choices: Choices): URLSearchParams {
  const asked = new URLSearchParams();
  const maybe = (share: number, name: string, value: () => string): void => {
    if (choices.fraction() < share) asked.set(name, value());
  };
  maybe(0.4, "labelSelector", () => terms(choices, () => labelTerm(choices)));
  maybe(0.35, "fieldSelector", () => terms(choices, () => fieldTerm(choices)));
  maybe(0.25, "limit", () => choices.of(["1", "2", "0", "-1", "x", "100"]));
  maybe(0.12, "continue", () => choices.of(["x", "eyJ2IjoibWV0YS5rOHMuaW8vdjEifQ"]));
  maybe(0.2, "resourceVersion", () => choices.of(versions));
  maybe(0.15, "resourceVersionMatch", () => choices.of(["Exact", "NotOlderThan", "x"]));
  maybe(0.1, "includeObject", () => choices.of(["None", "Object", "Metadata", "x"]));
  maybe(0.05, "allowWatchBookmarks", () => "true");
  maybe(0.06, "sendInitialEvents", () => choices.of(["true", "false", "x"]));
  maybe(0.05, "timeoutSeconds", () => choices.of(["1", "x", "-1"]));
  return asked;
}

const objects = (choices: Choices, count: number) =>
  Array.from({ length: count }, (_, index) => ({
    metadata: {
      name: `m${index}`,
      labels: choices.fraction() < 0.8 ? { a: choices.of(["b", "c"]), b: "c" } : {},
    },
    data: { x: `${index}` },
  }));

async function pages(maps: string, scenario: Scenario, size: number): Promise<void> {
  let token = "";
  for (let page = 0; page < 6; page++) {
    const { stock } = await scenario.ask(`page ${page} of ${size}`, (answers) => {
      token = page === 0 ? "" : (answers.at(-1)?.body?.metadata?.continue ?? "");
      const query = new URLSearchParams({ limit: `${size}`, ...(token && { continue: token }) });
      return { method: "GET", path: `${maps}?${query}` };
    });
    if (!stock.body?.metadata?.continue) return;
  }
}

async function reads(setting: Setting): Promise<void> {
  const { choices, namespace } = setting;
  const maps = `/api/v1/namespaces/${namespace}/configmaps`;
  const scenario = setting.scenario();
  for (const body of objects(choices, 5))
    await scenario.ask("create ConfigMap", { method: "POST", path: maps, body });
  for (const size of [1, 2, 5, 9]) await pages(maps, scenario, size);
  const listed = bases.filter(({ namespaced, stored }) => namespaced && stored);
  for (let asked = 0; asked < setting.budget; asked++) {
    const many = choices.fraction() < 0.5 ? maps : choices.of(listed).path(namespace);
    const path = choices.fraction() < 0.1 ? `${maps}/m1` : many;
    const accept = choices.fraction() < 0.7 ? "application/json" : choices.of(accepts);
    const whole = `${path}?${query(choices)}`;
    // Waiting for a version that never comes takes three seconds.
    if (whole.includes("resourceVersion=999999999")) continue;
    const title = `list ${decodeURIComponent(whole.replaceAll("+", " "))} as ${accept}`;
    await setting.scenario().ask(title, { method: "GET", path: whole, accept });
  }
}

export const lists: Area = {
  name: "lists",
  weight: 2,
  parts: ["one", "two", "three"].map((title) => ({ title, run: reads })),
};
