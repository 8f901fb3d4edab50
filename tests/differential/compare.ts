/** What two servers answered to one request, as far as it must be alike. */
import { isIP } from "node:net";
import { type Answer, crashed } from "./side.ts";

/** What each server hands out as it likes: addresses, ports, names. */
const handedOut = new Set(["clusterIP", "nodePort", "healthCheckNodePort"]);
/** What tells of the server that was asked: its authorities, where it listens. */
const ofServer = new Set([
  ...["client-ca-file", "requestheader-client-ca-file", "serverAddress"],
  // Of /version: what runs.
  ...["compiler", "goVersion", "gitCommit", "gitTreeState", "gitVersion", "buildDate", "platform"],
]);
const uid = /[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}|uid-\d+/g;
const isAddress = (value: unknown): value is string => typeof value === "string" && isIP(value) > 0;
const time = /\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d+)?Z/g;
const tokenVolume = /kube-api-access-\w{5}/g;
const generated = /^(gen-|[ab]{58}|a\.b|a)[bcdfghjklmnpqrstvwxz2456789]{5}(?=\||$)/;

/** What one side said in one scenario, by its first appearance: `version 2` is the second version that was seen. */
export class Seen {
  readonly #seen = new Map<string, Map<string, number>>();

  ordinal(kind: string, value: string): string {
    const known = this.#seen.get(kind) ?? new Map<string, number>();
    this.#seen.set(kind, known);
    const ordinal = known.get(value) ?? known.size + 1;
    known.set(value, ordinal);
    return `${kind} ${ordinal}`;
  }
}

/** The same text for what differs between any two servers. */
export function normal(value: unknown, seen: Seen, key = "", at: readonly string[] = []): unknown {
  if (key === "resourceVersion" && typeof value === "string" && /^[1-9]\d*$/.test(value))
    return at[0] === "list" && at[1] === "metadata" && at.length === 3
      ? "version of a list"
      : seen.ordinal("version", value);
  // How old an object is when it is asked for.
  if (at.at(-1) === "cells" && typeof value === "string" && /^\d+s$/.test(value)) return "AGE";
  if (key === "continue" && typeof value === "string" && value !== "") return "token";
  // Whether it is kept, and whether two have the same, is told all the same.
  if (handedOut.has(key) && (typeof value === "number" || isAddress(value)))
    return seen.ordinal(key, `${value}`);
  if (key === "name" && at.at(-2) === "metadata" && isAddress(value))
    return seen.ordinal("clusterIP", value);
  if (ofServer.has(key)) return "of the server";
  if (key === "authentication.kubernetes.io/credential-id") return "credential";
  if (key === "managedFields" && Array.isArray(value)) return managers(value, seen);
  // Of several bindings that allow, any is named.
  if (key === "reason" && typeof value === "string" && value.startsWith("RBAC: allowed by"))
    return "RBAC: allowed";
  if (key === "token" && typeof value === "string" && value.startsWith("eyJ")) return "token";
  if (typeof value === "string") return plain(value, seen);
  // Rules are gathered from roles in no order.
  if (Array.isArray(value) && at[0] === "status" && /^(resource|nonResource)Rules$/.test(key))
    return value.map((rule) => JSON.stringify(normal(rule, seen))).sort();
  if (Array.isArray(value))
    return value.map((item) => normal(item, seen, key === "clusterIPs" ? "clusterIP" : "", at));
  if (typeof value !== "object" || value === null) return value;
  if ("generateName" in value && "name" in value && value.generateName !== "") {
    const { name, ...rest } = value;
    if (generatedFrom(`${value.generateName}`).test(`${name}`))
      return normal({ ...rest, name: "GENERATED" }, seen, key, at);
  }
  // How far a bookmark reaches is each server's own.
  if ("type" in value && value.type === "BOOKMARK" && "object" in value)
    return { type: "BOOKMARK", object: normal(value.object, new Seen()) };
  // Upstream asks its components in no order.
  if ("kind" in value && value.kind === "ComponentStatusList" && "items" in value)
    return normal({ ...value, kind: "ordered", items: inOrder(value.items) }, seen);
  if ("rows" in value && JSON.stringify(value.rows).includes('"controller-manager"'))
    return normal({ ...value, rows: rowsInOrder(value.rows) }, seen);
  const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  const isList = at.length === 0 && ("items" in value || "rows" in value);
  const here = isList ? ["list"] : at;
  return Object.fromEntries(
    entries
      .filter(([name]) => !(name === "description" && at.includes("columnDefinitions")))
      .map(([name, item]) => [plain(name, seen), normal(item, seen, name, [...here, name])]),
  );
}

/** Upstream keeps 58 characters of the beginning. */
const generatedFrom = (beginning: string): RegExp =>
  new RegExp(`^${RegExp.escape(beginning.slice(0, 58))}[bcdfghjklmnpqrstvwxz2456789]{5}$`);

const rowsInOrder = (rows: unknown): string =>
  Array.isArray(rows) ? JSON.stringify(rows.map(({ cells }) => cells).sort()) : "";

const inOrder = (items: unknown): unknown =>
  Array.isArray(items)
    ? items.toSorted((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1))
    : items;

const plain = (text: string, seen: Seen): string =>
  text
    .replaceAll(uid, (found) => seen.ordinal("uid", found))
    .replaceAll(time, "TIME")
    .replaceAll(tokenVolume, "kube-api-access")
    .replace(generated, "$1GENERATED");

/** Sorted: upstream's order has the second in which each was written. */
function managers(entries: readonly unknown[], seen: Seen): unknown {
  const shown = entries.map((entry) => normal(entry, seen, "", ["managed"]));
  const name = (entry: unknown): string => {
    // An entry is a flat object of text beside its fields.
    const { manager, operation, subresource, apiVersion } = entry as Record<string, string>;
    return [manager, operation, subresource, apiVersion].join(" ");
  };
  return Object.fromEntries(shown.map((entry) => [name(entry), entry]));
}

/** A name that was made up, in quotes: `pods "gen-x7k2v" is forbidden`. */
const uniqueName = /"gen-[bcdfghjklmnpqrstvwxz2456789]{5}"/g;

/** Several reasons come in no order: `[a, b]`. */
const reasons = (message: string): string =>
  // What Go shows of two objects that differ is its own.
  / status\.conditions(: @@|$)/.test(message)
    ? message.replace(/: @@.*/s, "")
    : message.includes(": [")
      ? message
          .split(/[[\],] ?/)
          .sort()
          .join(", ")
      : message;

/** The end of a name may be a generated one. */
const anyName = (name: string): string =>
  isIP(name) > 0 ? "address" : name.replace(/[bcdfghjklmnpqrstvwxz2456789]{5}$/, "*");

/** Answers that nobody reads but by their code, reason and causes. */
function refusalOf({ answer: { code, body }, seen }: Compared["stock"]): unknown {
  const { causes = [], name = "", group, kind, retryAfterSeconds } = body?.details ?? {};
  const said: { reason?: string; field?: string }[] = causes;
  return {
    code,
    reason: body?.reason,
    // Upstream says some things twice, by two kinds of checks.
    causes: [...new Set(said.map(({ reason, field }) => `${reason} ${field}`))].sort(),
    // Whoever is not allowed to do something is told why.
    // And whom a write lost to, or why the past is gone.
    lost:
      code === 409 || code === 410
        ? plain(`${body?.message}`, seen).replaceAll(/\b\d+\b/g, "NUMBER")
        : "",
    why: code === 403 ? reasons(plain(`${body?.message}`.replace(uniqueName, "NAME"), seen)) : "",
    about:
      code >= 400 ? [anyName(plain(name, seen)), group, kind, retryAfterSeconds].join("|") : "",
  };
}

export interface Compared {
  readonly stock: { readonly answer: Answer; readonly seen: Seen };
  readonly ours: { readonly answer: Answer; readonly seen: Seen };
  /** Of an object that a stock cluster's controllers have been at: without what they write. */
  readonly controlled: boolean;
}

/** undefined: alike. */
export function differenceOf({ stock, ours, controlled }: Compared): string | undefined {
  if (stock.answer.code === crashed) return undefined;
  // The stock server's own controllers were faster than the question.
  if (controlled && stock.answer.code === 409) return undefined;
  const [wanted, got] = [stock, ours].map((one) => JSON.stringify(refusalOf(one)));
  if (wanted !== got) return `want ${wanted} got ${got}`;
  if (stock.answer.contentType.split(";")[0] !== ours.answer.contentType.split(";")[0])
    return `want ${stock.answer.contentType} got ${ours.answer.contentType}`;
  const said = [stock, ours].map(({ answer }) => JSON.stringify([...answer.warnings].sort()));
  if (said[0] !== said[1]) return `want warnings ${said[0]} got ${said[1]}`;
  if (stock.answer.code >= 300 || typeof stock.answer.body === "string") return undefined;
  const [left, right] = [stock, ours].map(({ answer: { body }, seen }) =>
    normal(controlled ? withoutControllers(body) : body, seen),
  );
  return firstDifference(left, right, "");
}

/** What a stock cluster's controllers write: status, owners, annotations. */
function withoutControllers(body: Answer["body"]): unknown {
  if (Array.isArray(body?.items)) return { kind: body.kind };
  const { status: _, ...rest } = body ?? {};
  const {
    ownerReferences: __,
    managedFields: ___,
    resourceVersion: ____,
    generation: _____,
    annotations,
    ...metadata
  } = rest.metadata ?? {};
  const kept = Object.entries(annotations ?? {}).filter(
    ([name]) => !/^(deployment\.kubernetes|autoscaling\.alpha)/.test(name),
  );
  return { ...rest, metadata: { ...metadata, annotations: Object.fromEntries(kept) } };
}

function firstDifference(a: unknown, b: unknown, at: string): string | undefined {
  // Null, empty and absent lists are one to a reader; see DIFFERENCES.md.
  const isNothing = (value: unknown): boolean =>
    (value ?? undefined) === undefined || (Array.isArray(value) && value.length === 0);
  if (isNothing(a) && isNothing(b)) return undefined;
  if (typeof a !== "object" || typeof b !== "object" || a === null || b === null)
    return a === b
      ? undefined
      : `at ${at || "/"}: want ${JSON.stringify(a)} got ${JSON.stringify(b)}`;
  const [left, right] = [new Map(Object.entries(a)), new Map(Object.entries(b))];
  for (const key of new Set([...left.keys(), ...right.keys()])) {
    const found = firstDifference(left.get(key), right.get(key), `${at}.${key}`);
    if (found !== undefined) return found;
  }
  return undefined;
}
