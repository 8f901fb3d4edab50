/** `openapi.v2.Document` of gnostic, which `/openapi/v2` answers to `application/com.github.proto-openapi.spec.v2@v1.0+protobuf`. */
import {
  any,
  anys,
  type Body,
  body,
  double,
  encodeDocument,
  extensions,
  flag,
  integer,
  isReference,
  later,
  type Members,
  memberOf,
  message,
  messages,
  named,
  namedPlain,
  oneOf,
  text,
  texts,
} from "./document-writer.ts";
import { externalDocs, listed, securityRequirement } from "./openapi-parts-protobuf.ts";

const reference = body({ $ref: [1, text], description: [2, text] });

const schema: Body = body(
  {
    $ref: [1, text],
    format: [2, text],
    title: [3, text],
    description: [4, text],
    default: [5, any],
    multipleOf: [6, double],
    maximum: [7, double],
    exclusiveMaximum: [8, flag],
    minimum: [9, double],
    exclusiveMinimum: [10, flag],
    maxLength: [11, integer],
    minLength: [12, integer],
    pattern: [13, text],
    maxItems: [14, integer],
    minItems: [15, integer],
    uniqueItems: [16, flag],
    maxProperties: [17, integer],
    minProperties: [18, integer],
    required: [19, texts],
    enum: [20, anys],
    additionalProperties: [
      21,
      message(
        oneOf((value) =>
          typeof value === "boolean" ? [2, flag] : [1, message(later(() => schema))],
        ),
      ),
    ],
    type: [22, message(oneOf((value) => (Array.isArray(value) ? [1, texts] : [1, text])))],
    items: [23, message(oneOf(() => [1, message(later(() => schema))]))],
    allOf: [24, messages(later(() => schema))],
    properties: [25, message(listed(later(() => schema)))],
    discriminator: [26, text],
    readOnly: [27, flag],
    externalDocs: [29, message(externalDocs)],
    example: [30, any],
  },
  [[31, extensions]],
);

/** Members of a parameter that is not the body, from `type` on: their numbers depend on where it stands. */
function valueMembers(first: number): Members {
  const kinds = [
    ["type", text],
    ["format", text],
    ["items", message(later(() => primitives))],
    ["collectionFormat", text],
    ["default", any],
    ["maximum", double],
    ["exclusiveMaximum", flag],
    ["minimum", double],
    ["exclusiveMinimum", flag],
    ["maxLength", integer],
    ["minLength", integer],
    ["pattern", text],
    ["maxItems", integer],
    ["minItems", integer],
    ["uniqueItems", flag],
    ["enum", anys],
    ["multipleOf", double],
  ] as const;
  return Object.fromEntries(kinds.map(([name, kind], index) => [name, [first + index, kind]]));
}

const primitives: Body = body(valueMembers(1), [[18, extensions]]);

const parameterHead: Members = {
  required: [1, flag],
  in: [2, text],
  description: [3, text],
  name: [4, text],
};
const plainParameter = body({ ...parameterHead, ...valueMembers(5) }, [[22, extensions]]);
const emptyableParameter = body(
  { ...parameterHead, allowEmptyValue: [5, flag], ...valueMembers(6) },
  [[23, extensions]],
);
const bodyParameter = body(
  {
    description: [1, text],
    name: [2, text],
    in: [3, text],
    required: [4, flag],
    schema: [5, message(schema)],
  },
  [[6, extensions]],
);

const placeNumbers = new Map<unknown, number>([
  ["header", 1],
  ["formData", 2],
  ["query", 3],
  ["path", 4],
]);

const nonBodyParameter = oneOf((value) => {
  const number = placeNumbers.get(memberOf(value, "in")) ?? 3;
  return [number, message(number === 2 || number === 3 ? emptyableParameter : plainParameter)];
});

const parameter = oneOf((value) =>
  memberOf(value, "in") === "body" ? [1, message(bodyParameter)] : [2, message(nonBodyParameter)],
);

const parametersItem = oneOf((value) =>
  isReference(value) ? [2, message(reference)] : [1, message(parameter)],
);

const schemaItem = oneOf(() => [1, message(schema)]);
const response = body({ description: [1, text], schema: [2, message(schemaItem)] }, [
  [5, extensions],
]);
const responseValue = oneOf((value) =>
  isReference(value) ? [2, message(reference)] : [1, message(response)],
);
const responses = body({}, [
  [1, named(message(responseValue), (name) => !name.startsWith("x-"))],
  [2, extensions],
]);

const operation = body(
  {
    tags: [1, texts],
    summary: [2, text],
    description: [3, text],
    externalDocs: [4, message(externalDocs)],
    operationId: [5, text],
    produces: [6, texts],
    consumes: [7, texts],
    parameters: [8, messages(parametersItem)],
    responses: [9, message(responses)],
    schemes: [10, texts],
    deprecated: [11, flag],
    security: [12, messages(securityRequirement)],
  },
  [[13, extensions]],
);

const pathItem = body(
  {
    $ref: [1, text],
    get: [2, message(operation)],
    put: [3, message(operation)],
    post: [4, message(operation)],
    delete: [5, message(operation)],
    options: [6, message(operation)],
    head: [7, message(operation)],
    patch: [8, message(operation)],
    parameters: [9, messages(parametersItem)],
  },
  [[10, extensions]],
);

const apiKeySecurity = body(
  { type: [1, text], name: [2, text], in: [3, text], description: [4, text] },
  [[5, extensions]],
);
const basicSecurity = body({ type: [1, text], description: [2, text] }, [[3, extensions]]);
const securityDefinition = oneOf((value) =>
  memberOf(value, "type") === "basic" ? [1, message(basicSecurity)] : [2, message(apiKeySecurity)],
);

const info = body(
  { title: [1, text], version: [2, text], description: [3, text], termsOfService: [4, text] },
  [[7, extensions]],
);

const document = body(
  {
    swagger: [1, text],
    info: [2, message(info)],
    host: [3, text],
    basePath: [4, text],
    schemes: [5, texts],
    consumes: [6, texts],
    produces: [7, texts],
    paths: [
      8,
      message(
        body({}, [
          [1, extensions],
          [2, namedPlain(message(pathItem))],
        ]),
      ),
    ],
    definitions: [9, message(listed(schema))],
    parameters: [10, message(listed(parameter))],
    security: [12, messages(securityRequirement)],
    securityDefinitions: [13, message(listed(securityDefinition))],
    externalDocs: [15, message(externalDocs)],
  },
  [[16, extensions]],
);

/** The protobuf form of a Swagger 2.0 document as upstream publishes it; slow, to be kept by the caller. */
export function encodeOpenApiV2(value: unknown): Uint8Array {
  return encodeDocument(document, value);
}
