/** `openapi.v3.Document` of gnostic, which `/openapi/v3/…` answers to `application/com.github.proto-openapi.spec.v3@v1.0+protobuf`. */
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
  message,
  messages,
  namedPlain,
  oneOf,
  text,
  texts,
} from "./document-writer.ts";
import { externalDocs, listed, securityRequirement } from "./openapi-parts-protobuf.ts";

const reference = body({ $ref: [1, text], summary: [2, text], description: [3, text] });

/** `XOrReference`. */
function orReference(item: Body): Body {
  return oneOf((value) => (isReference(value) ? [2, message(reference)] : [1, message(item)]));
}

const anySchema: Body = orReference(later(() => schema));

/** gnostic's default is a number, a boolean or a string; upstream's `{}` becomes the empty message. */
const defaultValue: Body = (value, writer) => {
  if (typeof value === "number") writer.double((1 << 3) | 1, value);
  else if (typeof value === "boolean") writer.bool(2 << 3, value);
  else if (typeof value === "string") writer.string((3 << 3) | 2, value);
};

const schema: Body = body(
  {
    nullable: [1, flag],
    readOnly: [3, flag],
    writeOnly: [4, flag],
    externalDocs: [6, message(externalDocs)],
    example: [7, any],
    deprecated: [8, flag],
    title: [9, text],
    multipleOf: [10, double],
    maximum: [11, double],
    exclusiveMaximum: [12, flag],
    minimum: [13, double],
    exclusiveMinimum: [14, flag],
    maxLength: [15, integer],
    minLength: [16, integer],
    pattern: [17, text],
    maxItems: [18, integer],
    minItems: [19, integer],
    uniqueItems: [20, flag],
    maxProperties: [21, integer],
    minProperties: [22, integer],
    required: [23, texts],
    enum: [24, anys],
    type: [25, text],
    allOf: [26, messages(anySchema)],
    oneOf: [27, messages(anySchema)],
    anyOf: [28, messages(anySchema)],
    not: [29, message(later(() => schema))],
    items: [30, message(oneOf(() => [1, message(anySchema)]))],
    properties: [31, message(listed(anySchema))],
    additionalProperties: [
      32,
      message(oneOf((value) => (typeof value === "boolean" ? [2, flag] : [1, message(anySchema)]))),
    ],
    default: [33, message(defaultValue)],
    description: [34, text],
    format: [35, text],
  },
  [[36, extensions]],
);

const mediaType = body({ schema: [1, message(anySchema)], example: [2, any] }, [[5, extensions]]);
const mediaTypes = listed(mediaType);

const parameter = body(
  {
    name: [1, text],
    in: [2, text],
    description: [3, text],
    required: [4, flag],
    deprecated: [5, flag],
    allowEmptyValue: [6, flag],
    style: [7, text],
    explode: [8, flag],
    allowReserved: [9, flag],
    schema: [10, message(anySchema)],
    example: [11, any],
    content: [13, message(mediaTypes)],
  },
  [[14, extensions]],
);

const requestBody = body(
  { description: [1, text], content: [2, message(mediaTypes)], required: [3, flag] },
  [[4, extensions]],
);
const response = body({ description: [1, text], content: [3, message(mediaTypes)] }, [
  [5, extensions],
]);
const responses = body({ default: [1, message(orReference(response))] }, [
  [2, namedPlain(message(orReference(response)))],
  [3, extensions],
]);

const operation = body(
  {
    tags: [1, texts],
    summary: [2, text],
    description: [3, text],
    externalDocs: [4, message(externalDocs)],
    operationId: [5, text],
    parameters: [6, messages(orReference(parameter))],
    requestBody: [7, message(orReference(requestBody))],
    responses: [8, message(responses)],
    deprecated: [10, flag],
    security: [11, messages(securityRequirement)],
  },
  [[13, extensions]],
);

const pathItem = body(
  {
    $ref: [1, text],
    summary: [2, text],
    description: [3, text],
    get: [4, message(operation)],
    put: [5, message(operation)],
    post: [6, message(operation)],
    delete: [7, message(operation)],
    options: [8, message(operation)],
    head: [9, message(operation)],
    patch: [10, message(operation)],
    trace: [11, message(operation)],
    parameters: [13, messages(orReference(parameter))],
  },
  [[14, extensions]],
);

const securityScheme = body(
  {
    type: [1, text],
    description: [2, text],
    name: [3, text],
    in: [4, text],
    scheme: [5, text],
    bearerFormat: [6, text],
    openIdConnectUrl: [8, text],
  },
  [[9, extensions]],
);

const components = body(
  {
    schemas: [1, message(listed(anySchema))],
    securitySchemes: [7, message(listed(orReference(securityScheme)))],
  },
  [[10, extensions]],
);

const info = body(
  {
    title: [1, text],
    description: [2, text],
    termsOfService: [3, text],
    version: [6, text],
    summary: [8, text],
  },
  [[7, extensions]],
);

const document = body(
  {
    openapi: [1, text],
    info: [2, message(info)],
    paths: [
      4,
      message(
        body({}, [
          [1, namedPlain(message(pathItem))],
          [2, extensions],
        ]),
      ),
    ],
    components: [5, message(components)],
    security: [6, messages(securityRequirement)],
    externalDocs: [8, message(externalDocs)],
  },
  [[9, extensions]],
);

/** The protobuf form of an OpenAPI 3.0 document as upstream publishes it; slow, to be kept by the caller. */
export function encodeOpenApiV3(value: unknown): Uint8Array {
  return encodeDocument(document, value);
}
