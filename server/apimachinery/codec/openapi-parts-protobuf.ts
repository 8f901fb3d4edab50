/** What gnostic's messages of OpenAPI 2 and 3 have in common. */
import {
  type Body,
  body,
  extensions,
  message,
  named,
  oneOf,
  text,
  texts,
} from "./document-writer.ts";

export const externalDocs = body({ description: [1, text], url: [2, text] }, [[3, extensions]]);

const stringArray = oneOf(() => [1, texts]);
export const securityRequirement = body({}, [[1, named(message(stringArray))]]);

/** An object's members as a list of names and items. */
export const listed = (item: Body): Body => body({}, [[1, named(message(item))]]);
