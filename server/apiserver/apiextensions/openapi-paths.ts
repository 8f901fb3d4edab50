/** The operations of a custom resource, in the words of OpenAPI v2 or v3. */
import type { ResourceRef } from "#gen/api/resource-ref.ts";
import type { Fields } from "#resources/apiextensions/v1/values/schema.ts";
import { definitionName, type OpenApiVersion, refTo } from "./openapi-schema.ts";

const meta = "io.k8s.apimachinery.pkg.apis.meta.v1";
const scaleName = "io.k8s.api.autoscaling.v1.Scale";

type Parameter = readonly [name: string, type: "string" | "boolean" | "integer"];

const listParameters: readonly Parameter[] = [
  ["allowWatchBookmarks", "boolean"],
  ["continue", "string"],
  ["fieldSelector", "string"],
  ["labelSelector", "string"],
  ["limit", "integer"],
  ["resourceVersion", "string"],
  ["resourceVersionMatch", "string"],
  ["sendInitialEvents", "boolean"],
  ["timeoutSeconds", "integer"],
  ["watch", "boolean"],
];
const writeParameters: readonly Parameter[] = [
  ["dryRun", "string"],
  ["fieldManager", "string"],
  ["fieldValidation", "string"],
];
const deleteParameters: readonly Parameter[] = [
  ["dryRun", "string"],
  ["gracePeriodSeconds", "integer"],
  ["orphanDependents", "boolean"],
  ["propagationPolicy", "string"],
];
const patchParameters: readonly Parameter[] = [...writeParameters, ["force", "boolean"]];

interface Operation {
  readonly action: string;
  /** `createApiKubunExampleV1NamespacedCronTab`. */
  readonly id: string;
  readonly codes: readonly (200 | 201 | 202)[];
  readonly parameters: readonly Parameter[];
  /** Names of definitions. */
  readonly answer: string;
  readonly body?: string;
}

const sentences = { 200: "OK", 201: "Created", 202: "Accepted" } as const;
const types = ["application/json", "application/yaml"] as const;
const patchTypes = [
  "application/json-patch+json",
  "application/merge-patch+json",
  "application/apply-patch+yaml",
] as const;

function queryParameter([name, type]: Parameter, version: OpenApiVersion): Fields {
  const schema = { type, uniqueItems: true };
  return version === "v2" ? { name, in: "query", ...schema } : { name, in: "query", schema };
}

function pathParameter(name: string, version: OpenApiVersion): Fields {
  const schema = { type: "string", uniqueItems: true };
  const where = { name, in: "path", required: true };
  return version === "v2" ? { ...where, ...schema } : { ...where, schema };
}

const contents = (all: readonly string[], schema: Fields): Fields =>
  Object.fromEntries(all.map((type) => [type, { schema }]));

function responsesOf({ codes, answer }: Operation, version: OpenApiVersion): Fields {
  const schema = refTo(answer, version);
  const known = codes.map((code) => {
    const description = sentences[code];
    const body = version === "v2" ? { schema } : { content: contents(types, schema) };
    return [`${code}`, { description, ...body }];
  });
  return { ...Object.fromEntries(known), 401: { description: "Unauthorized" } };
}

function rendered(ref: ResourceRef, operation: Operation, version: OpenApiVersion): Fields {
  const { action, id, parameters, body } = operation;
  const { group, kind } = ref;
  const queries = parameters.map((parameter) => queryParameter(parameter, version));
  const accepts: readonly string[] = action === "patch" ? patchTypes : types;
  const required = action !== "delete";
  const shared = {
    tags: [`${tagOf(ref)}_${ref.version}`],
    description: `${action} ${kind}`,
    operationId: id,
    responses: responsesOf(operation, version),
    "x-kubernetes-action": action,
    "x-kubernetes-group-version-kind": { group, version: ref.version, kind },
  };
  if (version === "v3") {
    if (body === undefined) return { ...shared, parameters: queries };
    const content = contents(accepts, refTo(body, version));
    return {
      ...shared,
      parameters: queries,
      requestBody: { content, ...(required ? { required } : {}) },
    };
  }
  const v2 = { ...shared, schemes: ["https"], produces: types, consumes: accepts };
  if (body === undefined) return { ...v2, parameters: queries };
  const schema = refTo(body, version);
  const bodyParameter = { name: "body", in: "body", ...(required ? { required } : {}), schema };
  return { ...v2, parameters: [bodyParameter, ...queries] };
}

const capital = (word: string): string => word.charAt(0).toUpperCase() + word.slice(1);

/** `apiKubunExample` of api.kubun.example. */
function tagOf({ group }: ResourceRef): string {
  const [first = "", ...rest] = group.split(/[.-]/);
  return first + rest.map(capital).join("");
}

function itemOperations(answer: string, suffix: string, name: (verb: string) => string) {
  const id = (verb: string): string => `${name(verb)}${suffix}`;
  const read: readonly Parameter[] = [["resourceVersion", "string"]];
  return {
    get: { action: "get", id: id("read"), codes: [200], parameters: read, answer },
    put: {
      ...{ action: "put", id: id("replace"), codes: [200, 201], parameters: writeParameters },
      ...{ answer, body: answer },
    },
    patch: {
      ...{ action: "patch", id: id("patch"), codes: [200], parameters: patchParameters, answer },
      body: `${meta}.Patch`,
    },
  } satisfies Record<string, Operation>;
}

/** Every path of the resource with its operations. */
export function pathsOf(
  ref: ResourceRef,
  listKind: string,
  version: OpenApiVersion,
): Record<string, Fields> {
  const object = definitionName(ref);
  const list = definitionName({ ...ref, kind: listKind });
  const scope = ref.namespaced ? "Namespaced" : "";
  const words = `${capital(tagOf(ref))}${capital(ref.version)}`;
  const name = (verb: string): string => `${verb}${words}${scope}${ref.kind}`;
  const status = `${meta}.Status`;
  const listing = {
    action: "list",
    id: name("list"),
    codes: [200],
    parameters: listParameters,
    answer: list,
  } satisfies Operation;
  const parts = { ref, version };
  const root = `/apis/${ref.group}/${ref.version}`;
  const collection = ref.namespaced
    ? `${root}/namespaces/{namespace}/${ref.plural}`
    : `${root}/${ref.plural}`;
  const inScope = ref.namespaced ? ["namespace"] : [];
  const everywhere = `${name("list").replace(scope, "")}ForAllNamespaces`;
  const paths: Record<string, Fields> = {
    [collection]: pathItem(parts, inScope, {
      get: listing,
      post: {
        ...{ action: "post", id: name("create"), codes: [200, 201, 202] },
        ...{ parameters: writeParameters, answer: object, body: object },
      },
      delete: {
        ...{ action: "deletecollection", id: name("delete").replace(words, `${words}Collection`) },
        ...{ codes: [200], parameters: listParameters, answer: status },
      },
    }),
    [`${collection}/{name}`]: pathItem(parts, ["name", ...inScope], {
      ...itemOperations(object, "", name),
      delete: {
        ...{ action: "delete", id: name("delete"), codes: [200, 202] },
        ...{ parameters: deleteParameters, answer: status, body: `${meta}.DeleteOptions` },
      },
    }),
  };
  if (ref.namespaced) {
    paths[`${root}/${ref.plural}`] = pathItem(parts, [], { get: { ...listing, id: everywhere } });
  }
  for (const { name: part } of ref.subresources) {
    const answer = part === "scale" ? scaleName : object;
    const operations = itemOperations(answer, capital(part), name);
    paths[`${collection}/{name}/${part}`] = pathItem(parts, ["name", ...inScope], operations);
  }
  return paths;
}

function pathItem(
  { ref, version }: { readonly ref: ResourceRef; readonly version: OpenApiVersion },
  names: readonly string[],
  operations: Readonly<Record<string, Operation>>,
): Fields {
  const all = Object.entries(operations);
  return {
    ...Object.fromEntries(all.map(([method, one]) => [method, rendered(ref, one, version)])),
    parameters: [
      ...names.map((name) => pathParameter(name, version)),
      queryParameter(["pretty", "string"], version),
    ],
  };
}
