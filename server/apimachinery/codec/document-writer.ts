/**
 * Building blocks for the protobuf form of OpenAPI documents (gnostic's messages): a message is described by
 * its JSON members, their numbers and how each is written. These documents are encoded once and kept, so
 * plainness counts here, not speed. As WireWriter runs backwards, so do all loops.
 */
import { Document, isScalar, visit } from "yaml";
import { badRequest } from "#apimachinery/status.ts";
import { WireWriter } from "./wire-writer.ts";

export type JsonObject = Readonly<Record<string, unknown>>;

/** Writes the body of a message. */
export type Body = (value: unknown, writer: WireWriter) => void;
/** Writes a member, with its tag. */
export type Member = (value: unknown, number: number, writer: WireWriter) => void;

function tag(number: number, wireType: 0 | 1 | 2): number {
  return (number << 3) | wireType;
}

function backwards<T>(items: readonly T[], write: (item: T) => void): void {
  for (const item of items.toReversed()) write(item);
}

function objectOf(value: unknown): JsonObject {
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw badRequest("the OpenAPI document is malformed");
  }
  // Checked above; its members are read as unknown.
  return value as JsonObject;
}

function listOf(value: unknown): readonly unknown[] {
  if (!Array.isArray(value)) throw badRequest("the OpenAPI document is malformed");
  return value;
}

export function isReference(value: unknown): boolean {
  return Object.hasOwn(objectOf(value), "$ref");
}

export function memberOf(value: unknown, name: string): unknown {
  return objectOf(value)[name];
}

export const text: Member = (value, number, writer) => {
  if (value !== "") writer.string(tag(number, 2), String(value));
};

export const flag: Member = (value, number, writer) => {
  if (value === true) writer.bool(tag(number, 0), true);
};

export const texts: Member = (value, number, writer) => {
  backwards(listOf(value), (item) => writer.string(tag(number, 2), String(item)));
};

export const integer: Member = (value, number, writer) => {
  if (value !== 0) writer.int(tag(number, 0), Number(value));
};

export const double: Member = (value, number, writer) => {
  if (value !== 0) writer.double(tag(number, 1), Number(value));
};

export function message(body: Body): Member {
  return (value, number, writer) => {
    const mark = writer.written;
    body(value, writer);
    writer.close(tag(number, 2), mark);
  };
}

export function messages(body: Body): Member {
  const one = message(body);
  return (value, number, writer) => backwards(listOf(value), (item) => one(item, number, writer));
}

/** A JSON object as a list of `{ name = 1, value = 2 }`; `chosen` says which of its members belong here. */
export function named(member: Member, chosen: (name: string) => boolean = () => true): Member {
  return (value, number, writer) => {
    const entries = Object.entries(objectOf(value)).filter(([name]) => chosen(name));
    backwards(entries, ([name, item]) => {
      const mark = writer.written;
      member(item, 2, writer);
      writer.string(tag(1, 2), name);
      writer.close(tag(number, 2), mark);
    });
  };
}

const plainWord = /^[A-Z][A-Za-z]+$|^[a-z]+-[a-z-]+$/;

/** A document says the same few hundred values thousands of times, and the YAML library takes its time. */
const yamlTexts = new Map<string, string>();
const yamlTextsMax = 4096;

/** YAML as Go's library writes it: lists not indented, quotes single but around the empty string. */
function yamlOf(value: unknown): string {
  if (typeof value === "string" && plainWord.test(value)) return `${value}\n`;
  const key = JSON.stringify(value);
  const known = yamlTexts.get(key);
  if (known !== undefined) return known;
  if (yamlTexts.size >= yamlTextsMax) yamlTexts.clear();
  const document = new Document(value);
  visit(document, (_, node) => {
    if (isScalar(node) && node.value === "") node.type = "QUOTE_DOUBLE";
  });
  const text = document.toString({ indentSeq: false, lineWidth: 0, singleQuote: true });
  yamlTexts.set(key, text);
  return text;
}

/** gnostic's Any: the value as YAML. */
const anyBody: Body = (value, writer) => writer.string(tag(2, 2), yamlOf(value));

export const any: Member = message(anyBody);
export const anys: Member = messages(anyBody);

const isExtension = (name: string): boolean => name.startsWith("x-");

/** `x-…` members of an object. */
export const extensions: Member = named(any, isExtension);
/** All other members. */
export const namedPlain = (member: Member): Member =>
  named(member, (name) => !isExtension(name) && name !== "default");

/** JSON name (or "" for the whole object) -> number and how it is written. */
export type Members = Readonly<Record<string, readonly [number: number, member: Member]>>;

/** A message from its members; `whole` are members made of the object itself. */
export function body(
  members: Members,
  whole: readonly (readonly [number: number, member: Member])[] = [],
): Body {
  const all: (readonly [string | undefined, number, Member])[] = [
    ...Object.entries(members).map(([name, [number, member]]) => [name, number, member] as const),
    ...whole.map(([number, member]) => [undefined, number, member] as const),
  ];
  all.sort(([, left], [, right]) => right - left);
  return (value, writer) => {
    const object = objectOf(value);
    for (const [name, number, member] of all) {
      const item = name === undefined ? object : object[name];
      if (item !== undefined && item !== null) member(item, number, writer);
    }
  };
}

/** A message with one member of several: the value says which. */
export function oneOf(choose: (value: unknown) => readonly [number: number, member: Member]): Body {
  return (value, writer) => {
    const [number, member] = choose(value);
    member(value, number, writer);
  };
}

/** Types name each other in cycles. */
export function later(find: () => Body): Body {
  return (value, writer) => find()(value, writer);
}

export function encodeDocument(document: Body, value: unknown): Uint8Array {
  const writer = new WireWriter();
  document(value, writer);
  return writer.finish();
}
