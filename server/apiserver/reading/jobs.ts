/**
 * What is read beside the event loop, in a thread of its own: bodies whose reading may take long for what they
 * weigh (YAML), and large ones. Each becomes pieces of JSON that the loop only has to parse. Pure.
 */
import { decodeJson } from "#apimachinery/codec/json.ts";
import { countKeys, countMembers, tooDeep } from "#apimachinery/codec/json-scan.ts";
import type { Kinded } from "#apimachinery/codec/protobuf.ts";
import { strictFaults } from "#apimachinery/codec/strict-faults.ts";
import { decodeYaml, decodeYamlMap } from "#apimachinery/codec/yaml.ts";
import { ApiError, badRequest, type FullStatus } from "#apimachinery/status.ts";
import { type Piece, piecesOf } from "./pieces.ts";

export type Job =
  /** An object that the address expects. */
  | { readonly form: "yaml" | "json"; readonly bytes: Uint8Array; readonly expected: Kinded }
  /** A map of any fields, in YAML or JSON: what an apply says. */
  | { readonly form: "map"; readonly bytes: Uint8Array }
  /** Any JSON: what a patch says. */
  | { readonly form: "patch"; readonly bytes: Uint8Array };

export interface Reading {
  /** Of what was read, without the unknown fields. */
  readonly pieces: readonly Piece[];
  readonly unknownFields: readonly string[];
  /** Fields that stood twice; of YAML and of a map whole sentences. */
  readonly doubles: readonly string[];
  /** What both lists say of a body in JSON, in its order. */
  readonly inOrder?: readonly string[];
}

/** How a job ended, as it travels between the threads. */
export type Ending =
  | { readonly reading: Reading }
  | { readonly refused: FullStatus }
  | { readonly broke: string };

const utf8 = new TextDecoder();

export interface ParsedPatch {
  readonly change: unknown;
  /** Fields that stood twice: `spec.replicas`. */
  readonly doubles: readonly string[];
}

/** Throws BadRequest. */
export function parsedPatch(bytes: Uint8Array): ParsedPatch {
  if (tooDeep(bytes)) throw badRequest("json: exceeded max depth");
  const text = utf8.decode(bytes);
  const change = parsedText(text);
  if (typeof change !== "object" || change === null || countMembers(text) === countKeys(change))
    return { change, doubles: [] };
  return { change, doubles: strictFaults(text, change, undefined).duplicateFields };
}

function parsedText(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw badRequest("invalid JSON patch");
  }
}

function read(job: Job): Reading {
  const { bytes } = job;
  if (job.form === "patch") {
    const { change, doubles } = parsedPatch(bytes);
    return { pieces: piecesOf(change), unknownFields: [], doubles };
  }
  if (job.form === "map") {
    const { value, doubles } = decodeYamlMap(bytes);
    return { pieces: piecesOf(value), unknownFields: [], doubles };
  }
  const decode = job.form === "yaml" ? decodeYaml : decodeJson;
  const { object, unknownFields, duplicateFields, yamlDoubles, inOrder } = decode(
    bytes,
    job.expected,
  );
  return {
    pieces: piecesOf(object),
    unknownFields,
    doubles: yamlDoubles ?? duplicateFields,
    ...(inOrder === undefined ? {} : { inOrder }),
  };
}

export function perform(job: Job): Ending {
  try {
    return { reading: read(job) };
  } catch (error) {
    if (error instanceof ApiError) return { refused: error.status };
    return { broke: `${error}` };
  }
}
