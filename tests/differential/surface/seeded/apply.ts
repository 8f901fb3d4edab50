/** M4: apply, update and patch by several managers over every resource, and what `managedFields` then say. */
import { applied, mutate, placesIn, valueAt } from "../../mutations.ts";
import type { Maker } from "../../values.ts";
import type { Row } from "../row.ts";
import { collectionOf, gone, pathOf, stored } from "./stored.ts";

type Base = (typeof stored)[number];

const managers = ["one", "two", "three"];
const type = "application/apply-patch+yaml";

/** Parts of the object left out, one doubled, one changed. */
function configuration(maker: Maker, base: Base): unknown {
  const { choices } = maker;
  let config: unknown = base.at("NS");
  for (let turn = choices.below(4); turn > 0; turn--) {
    const places = placesIn(base.schema, config).filter(
      ({ present, path }) => present && path.length > 1 && path[0] !== "metadata",
    );
    if (places.length === 0) break;
    const { path, type: held } = choices.of(places);
    const now = valueAt(config, path);
    if (now === undefined) continue;
    const dice = choices.fraction();
    if (Array.isArray(now) && now.length > 0 && dice < 0.15)
      config = applied(config, { path, value: [...now, structuredClone(now[0])] });
    else if (dice < 0.3 && held.kind !== "scalar" && held.kind !== "special")
      config = applied(config, { path, value: held.kind === "list" ? [] : {} });
    else if (dice < 0.35) config = applied(config, { path, value: null });
    else config = applied(config, { path, value: undefined });
  }
  return choices.fraction() < 0.5 ? applied(config, mutate(maker, base.schema, config)) : config;
}

function applyRow(maker: Maker, base: Base): Row {
  const { choices } = maker;
  const force = choices.of(["", "", "&force=true"]);
  const dry = choices.fraction() < 0.1 ? "&dryRun=All" : "";
  const status = base.hasStatus && choices.fraction() < 0.15 ? "/status" : "";
  const validation = choices.of(["", "&fieldValidation=Strict", "&fieldValidation=Ignore"]);
  return {
    at: "M4",
    ask: `PATCH ${pathOf(base)}${status}?fieldManager=${choices.of(managers)}${force}${dry}${validation}`,
    type,
    body: configuration(maker, base),
  };
}

function otherRow(maker: Maker, base: Base): Row {
  const { choices } = maker;
  const manager = choices.of(managers);
  const mutation = mutate(maker, base.schema, base.at("NS"));
  const body = applied(base.at("NS"), mutation);
  const dice = choices.fraction();
  if (dice < 0.2)
    return {
      at: "M4",
      ask: `PATCH ${pathOf(base)}?fieldManager=${manager}`,
      type: "application/merge-patch+json",
      body: { metadata: { managedFields: choices.of([[], [{}], null]) } },
    };
  if (dice < 0.35)
    return {
      at: "M4",
      ask: `PATCH ${pathOf(base)}?fieldManager=${manager}`,
      type: "application/merge-patch+json",
      body: {
        metadata: {
          annotations: {
            "kubectl.kubernetes.io/last-applied-configuration": JSON.stringify(base.at("NS")),
          },
        },
      },
    };
  const status = base.hasStatus && dice < 0.5 ? "/status" : "";
  return { at: "M4", ask: `PUT ${pathOf(base)}${status}?fieldManager=${manager}`, body };
}

/** DIFFERENCES.md: of a Service that is not there. */
const createsByStatus = ({ plural }: Base): boolean => plural === "services";

const perObject = 9;

/** Each row stands on those before it: an object starts anew after some. */
export function applyRows(maker: Maker): readonly Row[] {
  const { choices } = maker;
  return stored.flatMap((base): Row[] => {
    const start: readonly Row[] =
      choices.fraction() < 0.5 || createsByStatus(base)
        ? [
            {
              at: "M1",
              ask: `POST ${collectionOf(base)}?fieldManager=kubectl-client-side-apply`,
              body: base.at("NS"),
            },
          ]
        : [];
    const rows = Array.from({ length: perObject }, () =>
      choices.fraction() < 0.75 ? applyRow(maker, base) : otherRow(maker, base),
    );
    return [...gone(base), ...start, ...rows, ...gone(base)];
  });
}
