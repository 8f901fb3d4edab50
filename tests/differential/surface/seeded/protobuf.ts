/** W7: objects of every resource sent as protobuf, whole and in part, and what is stored of them. */

import { takeInObject } from "#apimachinery/codec/json.ts";
import { encodeProtobuf } from "#apimachinery/codec/protobuf.ts";
import { changed, changesOf } from "../../areas/fields.ts";
import type { Maker } from "../../values.ts";
import type { Row } from "../row.ts";
import { collectionOf, gone, made, pathOf, stored } from "./stored.ts";

type Base = (typeof stored)[number];

const type = "application/vnd.kubernetes.protobuf";

/** undefined: it is no object that protobuf could hold. */
function encoded(object: unknown): Uint8Array | undefined {
  try {
    // The encoder refuses whatever is none of its kind.
    const typed = structuredClone(object) as Parameters<typeof takeInObject>[0];
    takeInObject(typed);
    return encodeProtobuf(typed);
  } catch {
    return undefined;
  }
}

function sent(maker: Maker, base: Base, namespace: string): Row[] {
  const { choices } = maker;
  const object = base.at(namespace);
  const body = encoded(changed(object, changesOf(base, object, maker)));
  if (body === undefined) return [];
  const validation = choices.of(["", "&fieldValidation=Strict", "&fieldValidation=Ignore"]);
  const accept = choices.of(["application/json", "application/json", type]);
  const creates = choices.fraction() < 0.6;
  const ask = creates
    ? `POST ${collectionOf(base)}?dryRun=All${validation}`
    : `PUT ${pathOf(base)}?dryRun=All${validation}`;
  return [{ at: "W7", ask, type, accept, body }];
}

/** Bytes that are cut, or have one changed. */
function broken(maker: Maker, base: Base, namespace: string): Row[] {
  const { choices } = maker;
  const whole = encoded(base.at(namespace));
  if (whole === undefined) return [];
  const body = Uint8Array.from(whole);
  const at = choices.below(body.length);
  if (choices.fraction() < 0.5) body[at] = choices.below(256);
  const cut = choices.fraction() < 0.5 ? body.slice(0, at) : body;
  return [{ at: "W7", ask: `POST ${collectionOf(base)}?dryRun=All`, type, body: cut, shape: true }];
}

const perObject = 6;

/** The namespace stands in bytes, so that it cannot be filled in later: namespaced objects name none. */
export function protobufRows(maker: Maker): readonly Row[] {
  const calm = { ...maker, strangeShare: 0 };
  return stored.flatMap((base): Row[] => [
    ...made(base),
    ...Array.from({ length: perObject }, () => sent(calm, base, "default")).flat(),
    ...broken(maker, base, "default"),
    ...gone(base),
  ]);
}
