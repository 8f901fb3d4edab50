/** One walk: each row asked of both servers in order, and what was not alike. */
import { setTimeout as delay } from "node:timers/promises";
import { parse as parseYaml } from "yaml";
import { assert } from "#apimachinery/assert.ts";
import { decodeProtobuf } from "#apimachinery/codec/protobuf.ts";
import { normal, Seen } from "../compare.ts";
import { isOfSecret, plainRefusal, withoutOwn, withoutOwnCells } from "./own-words.ts";
import type { Row } from "./row.ts";
import type { Wire, WireAnswer, WireQuestion } from "./wire.ts";

/** Compared by their values. */
const told = [
  ...["content-type", "warning", "allow", "retry-after", "vary", "cache-control", "location"],
  ...["content-encoding", "x-content-type-options", "accept-patch", "upgrade", "www-authenticate"],
  ...["accept-ranges", "content-disposition"],
];
/** Compared by whether they are there. */
const present = ["audit-id", "etag", "date", "last-modified"];

/** How often something is asked that a server does in its own time, and the milliseconds between. */
const untilTries = 100;
const untilPause = 100;

const holds = ({ body }: WireAnswer, { until = "" }: Row): boolean =>
  Buffer.from(body).toString().includes(until);

/** What one side answered last, and what it was asked for. */
class Side {
  readonly #wire: Wire;
  readonly #namespace: string;
  readonly #last = new Map<string, string>();
  #asked: WireQuestion | undefined;
  constructor(wire: Wire, namespace: string) {
    this.#wire = wire;
    this.#namespace = namespace;
  }

  async ask(row: Row): Promise<WireAnswer> {
    this.#asked = this.#question(row);
    let answer = await this.#wire.ask(this.#asked);
    for (let turn = 1; turn < untilTries && !holds(answer, row); turn++) {
      await delay(untilPause);
      answer = await this.#wire.ask(this.#asked);
    }
    this.#remember(answer);
    return answer;
  }

  /** What was asked last, to the letter. */
  async askAgain(): Promise<WireAnswer> {
    assert(this.#asked !== undefined, "nothing was asked yet");
    return this.#wire.ask(this.#asked);
  }

  #filled(text: string): string {
    return text
      .replace(
        /<(version|uid|continue|etag|hash)>/g,
        (_, name: string) => this.#last.get(name) ?? "",
      )
      .replace(/\bNS\b/g, this.#namespace);
  }

  #question({
    ask,
    accept = "application/json",
    type,
    headers,
    body,
    http = 2,
    stream,
  }: Row): WireQuestion {
    const [method = "", ...rest] = ask.split(" ");
    const contentType = type ?? (body === undefined ? "" : "application/json");
    const bytes = body instanceof Uint8Array ? body : undefined;
    const text = typeof body === "string" ? body : JSON.stringify(body);
    return {
      method,
      path: this.#filled(rest.join(" ")),
      headers: {
        "user-agent": "surface/1",
        ...(accept === "" ? {} : { accept }),
        ...(contentType === "" ? {} : { "content-type": contentType }),
        ...Object.fromEntries(
          Object.entries(headers ?? {}).map(([name, value]) => [name, this.#filled(value)]),
        ),
      },
      body: body === undefined ? undefined : (bytes ?? Buffer.from(this.#filled(text))),
      http,
      stream: stream === true,
    };
  }

  #remember({ headers, body }: WireAnswer): void {
    const keep = (name: string, value: unknown): void => {
      if (typeof value === "string" && value !== "") this.#last.set(name, value);
    };
    keep("etag", headers["etag"]);
    const parsed = parsedOf(Buffer.from(body).toString());
    const metadata = (parsed as { metadata?: Record<string, unknown> } | null)?.metadata;
    keep("version", metadata?.["resourceVersion"]);
    keep("uid", metadata?.["uid"]);
    keep("continue", metadata?.["continue"]);
  }
}

function parsedOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

const inProtobuf = ({ headers, body }: WireAnswer): boolean =>
  headers["content-type"] === "application/vnd.kubernetes.protobuf" && body[0] === 0x6b;

function decoded({ body }: WireAnswer): unknown {
  try {
    return decodeProtobuf(body);
  } catch (error) {
    return `${error}`;
  }
}

/** A document, lines of documents, or text. */
function shown(answer: WireAnswer, seen: Seen): unknown {
  if (inProtobuf(answer)) {
    const told = parsedOf(withoutOwn(JSON.stringify(decoded(answer))));
    return normal(plainRefusal(told), seen);
  }
  const raw = withoutOwn(Buffer.from(answer.body).toString());
  const text = raw.includes('"kind":"Table"') ? withoutOwnCells(raw) : raw;
  if (answer.headers["content-type"]?.startsWith("application/yaml") === true)
    return normal(parseYaml(text), seen);
  const whole = parsedOf(text);
  if (whole !== undefined) return normal(plainRefusal(whole), seen);
  const lines = text.split("\n").filter((line) => line !== "");
  const each = lines.map(parsedOf);
  if (lines.length > 0 && each.every((line) => line !== undefined))
    return each.map((line) => normal(line, seen));
  return normal(text, seen);
}

function headersOf({ headers, body }: WireAnswer): Record<string, unknown> {
  return Object.fromEntries([
    ["indented", body.length > 2 && body[1] === 10 && body[2] === 32],
    ...told.map((name) => [name, headers[name]]),
    ...present.map((name) => [name, headers[name] === undefined ? "absent" : "present"]),
  ]);
}

/** Letters that are shown of a long value, and of what it shares with the other before they part. */
const shownMax = 900;
const sharedMax = 120;

function apart(want = "undefined", got = "undefined"): string {
  let at = 0;
  while (at < want.length && want[at] === got[at]) at++;
  const from = at > 2 * sharedMax ? at - sharedMax : 0;
  const shown = (text: string): string =>
    `${from > 0 ? "…" : ""}${text.slice(from, from + shownMax)}`;
  return `want ${shown(want)} got ${shown(got)}`;
}

function differences(want: unknown, got: unknown, at: string): string[] {
  const isObject = (value: unknown): value is object => typeof value === "object" && value !== null;
  if (!isObject(want) || !isObject(got))
    return want === got ? [] : [`${at}: ${apart(JSON.stringify(want), JSON.stringify(got))}`];
  const [left, right] = [new Map(Object.entries(want)), new Map(Object.entries(got))];
  return [...new Set([...left.keys(), ...right.keys()])].flatMap((key) =>
    differences(left.get(key), right.get(key), `${at}.${key}`),
  );
}

function compared(row: Row, stock: WireAnswer, ours: WireAnswer): string[] {
  // Its handler broke over the request, as stock ones do over some patches: there is nothing to equal.
  if (stock.code === 0 && ours.code !== 0) return [];
  const heads = differences(headersOf(stock), headersOf(ours), "headers");
  const codes = stock.code === ours.code ? [] : [`code: want ${stock.code} got ${ours.code}`];
  const [left, right] = [shown(stock, new Seen()), shown(ours, new Seen())];
  const hidden = row.shape === true || isOfSecret(Buffer.from(ours.body).toString());
  const bodies = hidden ? [] : differences(left, right, "body");
  return [...codes, ...heads, ...bodies.slice(0, 6)];
}

/** Go's maps have no order, so that a stock server says of two faults now the one, now the other: as often is it asked. */
const tries = 40;

/** What is refused, tried or only read changes nothing. */
const canBeAskedAgain = ({ ask, stream }: Row, { code }: WireAnswer): boolean =>
  stream !== true &&
  (code >= 400 || /[?&]dryRun=All(&|$)/.test(ask) || /^GET (?!.*[?&]watch=)/.test(ask));

async function apartFor(
  row: Row,
  stock: Side,
  answers: { readonly wanted: WireAnswer; readonly got: WireAnswer },
): Promise<readonly string[]> {
  let found: readonly string[] = compared(row, answers.wanted, answers.got);
  for (
    let turn = 1;
    turn < tries && found.length > 0 && canBeAskedAgain(row, answers.wanted);
    turn++
  ) {
    const again = await stock.askAgain();
    if (compared(row, again, answers.got).length === 0) found = [];
  }
  return found;
}

export interface Walked {
  readonly asked: number;
  /** One for each row that was not alike. */
  readonly differing: readonly string[];
}

export async function walk(
  rows: readonly Row[],
  wires: { readonly stock: Wire; readonly ours: Wire },
  namespace: string,
): Promise<Walked> {
  const [stock, ours] = [new Side(wires.stock, namespace), new Side(wires.ours, namespace)];
  const differing: string[] = [];
  for (const row of rows) {
    const [wanted, got] = await Promise.all([stock.ask(row), ours.ask(row)]);
    const found = row.unseen === true ? [] : await apartFor(row, stock, { wanted, got });
    if (found.length > 0) differing.push([titleOf(row), ...found].join("\n    "));
  }
  return { asked: rows.length, differing };
}

const titleOf = ({ at, ask, accept, type, body, headers }: Row): string =>
  `${at} ${ask}${accept === undefined ? "" : ` as "${accept}"`}${type === undefined ? "" : ` of "${type}"`}${headers === undefined ? "" : ` ${JSON.stringify(headers)}`}${body === undefined ? "" : ` ${JSON.stringify(body).slice(0, 160)}`}`;
