/**
 * What is read beside the event loop, in a thread of its own: bodies whose reading may take long for what they
 * weigh (YAML), and large ones. Each becomes pieces of JSON that the loop only has to parse. Pure.
 */
import { decodeJson } from "#apimachinery/codec/json.ts";
import { tooDeep } from "#apimachinery/codec/json-scan.ts";
import type { Kinded } from "#apimachinery/codec/protobuf.ts";
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
}

/** How a job ended, as it travels between the threads. */
export type Ending =
  | { readonly reading: Reading }
  | { readonly refused: FullStatus }
  | { readonly broke: string };

const utf8 = new TextDecoder();

/** Throws BadRequest. */
export function parsedPatch(bytes: Uint8Array): unknown {
  if (tooDeep(bytes)) throw badRequest("json: exceeded max depth");
  try {
    return JSON.parse(utf8.decode(bytes));
  } catch {
    throw badRequest("invalid JSON patch");
  }
}

function read(job: Job): Reading {
  const { bytes } = job;
  if (job.form === "patch") {
    return { pieces: piecesOf(parsedPatch(bytes)), unknownFields: [], doubles: [] };
  }
  if (job.form === "map") {
    const { value, doubles } = decodeYamlMap(bytes);
    return { pieces: piecesOf(value), unknownFields: [], doubles };
  }
  const decode = job.form === "yaml" ? decodeYaml : decodeJson;
  const { object, unknownFields, duplicateFields, yamlDoubles } = decode(bytes, job.expected);
  return { pieces: piecesOf(object), unknownFields, doubles: yamlDoubles ?? duplicateFields };
}

export function perform(job: Job): Ending {
  try {
    return { reading: read(job) };
  } catch (error) {
    if (error instanceof ApiError) return { refused: error.status };
    return { broke: `${error}` };
  }
}
