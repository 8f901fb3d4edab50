/** What is asked: a seed makes the same questions again. */
import recorded from "../golden/defaults.json" with { type: "json" };
import { applied, jsonPatchOf, mergePatchOf, mutate, placesIn, valueAt } from "./mutations.ts";
import { Choices } from "./random.ts";
import type { Question } from "./side.ts";

interface Recorded {
  readonly path: string;
  readonly request: { readonly kind: string; readonly metadata?: { readonly name?: string } };
}

export interface Case extends Question {
  readonly title: string;
}

const validations = ["Strict", "Warn", "Ignore"] as const;

/** Nothing of it is stored but the namespace and what is changed there. */
export interface Corpus {
  readonly namespace: string;
  /** Stored on both sides before the questions. */
  readonly stored: readonly Question[];
  readonly cases: readonly Case[];
}

export function corpusOf(seed: number, count: number): Corpus {
  const choices = new Choices(seed);
  const namespace = `differential-${seed}`;
  const bases = (recorded as unknown as readonly Recorded[]).map(({ path, request }) => ({
    path: (path.split("?")[0] ?? "").replace("/namespaces/default/", `/namespaces/${namespace}/`),
    request,
  }));
  const stored: Question[] = [];
  const cases: Case[] = [];
  // A review without a spec has nothing to break.
  const breakable = bases.filter(({ request }) => placesIn(request).length > 0);
  const updatable = bases.filter(({ path, request }, index) => {
    const named = request.metadata?.name !== undefined;
    const first = bases.findIndex(
      (other) => other.path === path && other.request.metadata?.name === request.metadata?.name,
    );
    // What bounds others would make the answers depend on what controllers have done by then.
    const bounds = /(resourcequotas|limitranges)$/.test(path);
    return (
      !bounds &&
      path.includes("/namespaces/") &&
      named &&
      first === index &&
      !path.endsWith("/events")
    );
  });
  for (const { path, request } of updatable) stored.push({ method: "POST", path, body: request });
  for (const { path, request } of bases)
    for (const validation of validations)
      cases.push({
        title: `create ${request.kind} ${validation}`,
        method: "POST",
        path: `${path}?dryRun=All&fieldValidation=${validation}`,
        body: { ...request, unknownField: true },
      });
  while (cases.length < count)
    cases.push(...caseOf(choices, { bases: breakable, updatable, namespace }));
  return { namespace, stored, cases: cases.slice(0, count) };
}

interface Source {
  readonly bases: readonly Recorded[];
  readonly updatable: readonly Recorded[];
  readonly namespace: string;
}

function caseOf(choices: Choices, { bases, updatable, namespace }: Source): Case[] {
  const dice = choices.fraction();
  if (dice < 0.55) return [brokenCreate(choices, choices.of(bases))];
  if (dice < 0.75) return [changedUpdate(choices, choices.of(updatable))];
  if (dice < 0.88) return patches(choices, choices.of(updatable));
  if (dice < 0.94) return [selection(choices, choices.of(updatable))];
  return [rights(choices, namespace)];
}

function broken({ request }: Recorded, choices: Choices) {
  const path = choices.of(placesIn(request));
  const mutation = mutate(choices, valueAt(request, path), path);
  const shown = JSON.stringify(mutation.value)?.slice(0, 80);
  return { mutation, shown: `${path.join(".")} = ${shown}` };
}

function brokenCreate(choices: Choices, base: Recorded): Case {
  const { mutation, shown } = broken(base, choices);
  return {
    title: `create ${base.request.kind} ${shown}`,
    method: "POST",
    path: `${base.path}?dryRun=All&fieldValidation=Strict`,
    body: applied(base.request, mutation),
  };
}

function changedUpdate(choices: Choices, base: Recorded): Case {
  const { mutation, shown } = broken(base, choices);
  return {
    title: `update ${base.request.kind} ${shown}`,
    method: "PUT",
    path: `${base.path}/${base.request.metadata?.name}?dryRun=All&fieldValidation=Strict`,
    body: applied(base.request, mutation),
  };
}

function patches(choices: Choices, base: Recorded): Case[] {
  const { mutation, shown } = broken(base, choices);
  const path = `${base.path}/${base.request.metadata?.name}?dryRun=All`;
  const merge = mergePatchOf(mutation);
  const made = [
    ["application/json-patch+json", jsonPatchOf(mutation)],
    ["application/merge-patch+json", merge],
    ["application/strategic-merge-patch+json", merge],
  ] as const;
  return made.flatMap(([contentType, body]) =>
    body === undefined
      ? []
      : [
          {
            title: `${contentType} ${base.request.kind} ${shown}`,
            method: "PATCH",
            path,
            contentType,
            body,
          },
        ],
  );
}

const labelSelectors = [
  "a=b",
  "a!=b",
  "a in (b,c)",
  "!a",
  "a",
  "a=",
  "a==b,c",
  "a in",
  "-x=1",
  "a>1",
  "a=b c",
];
const fieldSelectors = [
  "metadata.name=x",
  "metadata.namespace!=y",
  "spec.nodeName=n",
  "status.phase=Running",
  "type=Opaque",
  "nope=1",
  "metadata.name",
  "involvedObject.kind=Pod",
];

function selection(choices: Choices, base: Recorded): Case {
  const isLabel = choices.fraction() < 0.5;
  const selector = choices.of(isLabel ? labelSelectors : fieldSelectors);
  const parameter = isLabel ? "labelSelector" : "fieldSelector";
  return {
    title: `list ${base.request.kind} ${parameter} ${selector}`,
    method: "GET",
    path: `${base.path}?${parameter}=${encodeURIComponent(selector)}`,
  };
}

const verbs = ["get", "list", "create", "update", "delete", "*", "bind", "escalate"];
const groups = ["", "apps", "batch", "rbac.authorization.k8s.io", "*"];
const resources = ["pods", "pods/log", "deployments", "secrets", "roles", "*", "jobs/status"];
export const roleSubjects = ["alice", "bob"];

/** A role for the stored ones, as random as the questions. */
export function randomRole(choices: Choices, name: string) {
  const rule = () => ({
    verbs: atLeastOne(choices, verbs),
    apiGroups: atLeastOne(choices, groups),
    resources: atLeastOne(choices, resources),
    ...(choices.fraction() < 0.3 ? { resourceNames: ["x"] } : {}),
  });
  return {
    apiVersion: "rbac.authorization.k8s.io/v1",
    kind: "Role",
    metadata: { name },
    rules: [rule(), rule()],
  };
}

function atLeastOne<T>(choices: Choices, items: readonly T[]): T[] {
  const some = choices.some(items, 0.25);
  return some.length > 0 ? some : [choices.of(items)];
}

function rights(choices: Choices, namespace: string): Case {
  const [resource = "", subresource = ""] = choices.of(resources).split("/");
  const attributes = {
    namespace,
    verb: choices.of(verbs),
    group: choices.of(groups),
    resource,
    subresource,
    name: choices.of(["", "x", "y"]),
  };
  const user = choices.of([...roleSubjects, "nobody"]);
  return {
    title: `may ${user} ${JSON.stringify(attributes)}`,
    method: "POST",
    path: `/apis/authorization.k8s.io/v1/namespaces/${namespace}/localsubjectaccessreviews`,
    body: {
      apiVersion: "authorization.k8s.io/v1",
      kind: "LocalSubjectAccessReview",
      metadata: { namespace },
      spec: { user, resourceAttributes: attributes },
    },
  };
}
