/** One server under fire: every answer is looked at, and the server after each round. */
import type { Logger } from "#telemetry/log.ts";
import { openTestServer, type TestServer } from "#tests/security/server.ts";
import { Chance } from "./chance.ts";
import { type Attack, attack } from "./requests.ts";
import { secretValue, standing } from "./standing.ts";

/** Longer means that the request blocks. */
const answerMilliseconds = 20_000;
/** Attacks between two looks at the server itself. */
const roundAttacks = 50;

export interface Besieged {
  readonly server: TestServer;
  /** Everything that was logged. */
  readonly log: string[];
}

export async function openBesieged(): Promise<Besieged> {
  const log: string[] = [];
  const keep = (message: string, fields?: object): void => {
    log.push(`${message} ${JSON.stringify(fields ?? {})}`);
  };
  const logger: Logger = { debug: keep, info: keep, warn: keep, error: keep };
  const server = await openTestServer(undefined, logger);
  for (const { path, object } of standing) {
    const { code, body } = await server.ask({ path, body: object });
    if (code !== 201) throw new Error(`${path}: ${JSON.stringify(body)}`);
  }
  return { server, log };
}

interface Answer {
  readonly status: number;
  readonly text: string;
}

async function answerTo({ server }: Besieged, made: Attack): Promise<Answer> {
  const { method, path, headers, body } = made;
  const init = { method, headers, ...(body === undefined ? {} : { body: new Uint8Array(body) }) };
  const clientCertificate = { commonName: "admin", organizations: ["system:masters"] };
  const connection = { remoteAddress: "127.0.0.1", clientCertificate };
  const abort = new AbortController();
  const request = new Request(`https://test${path}`, {
    ...init,
    signal: abort.signal,
  });
  const response = await server.app.fetch(request, connection);
  const { status } = response;
  // A watch has no end: what it says first is enough.
  const watches = path.includes("watch") && status === 200;
  const text = watches ? await firstChunk(response) : await response.text();
  abort.abort();
  return { status, text };
}

async function firstChunk(response: Response): Promise<string> {
  const reader = response.body?.getReader();
  const late = new Promise<undefined>((resolve) => setTimeout(() => resolve(undefined), 5));
  const first = await Promise.race([reader?.read(), late]);
  await reader?.cancel();
  return new TextDecoder().decode(first?.value);
}

/** undefined: as it should be. */
function faultOf({ method }: Attack, { status, text }: Answer): string | undefined {
  // Upstream's own words for an applied object that does not fit its schema, and for a version that is no number;
  // any other 500 is a bug.
  const known =
    /"message":"(failed to (create typed patch object|convert new object)|(invalid resource version: )?resourceVersion: Invalid value)/.test(
      text,
    );
  if ((status === 500 && !known) || status > 504 || status < 200) return `answered ${status}`;
  if (status < 400 || method === "HEAD") return undefined;
  if (text.includes(secretValue) || text.includes(atob(secretValue))) return "tells a secret";
  if (!text.startsWith("{")) return undefined;
  const said: unknown = JSON.parse(text);
  const { kind, code } = { kind: "", code: 0, ...Object(said) };
  return kind === "Status" && code === status ? undefined : "no Status";
}

const shown = ({ of, method, path, headers, body }: Attack): string =>
  `${of}: ${method} ${path.slice(0, 300)} ${JSON.stringify(headers).slice(0, 300)} ${new TextDecoder().decode(body).slice(0, 600)}`;

function inTime<T>(work: Promise<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error("blocks")), answerMilliseconds);
    work.then(resolve, reject).finally(() => clearTimeout(timer));
  });
}

/** After a round: the server answers, nothing is held, nothing was said that should not be. */
async function look({ server, log }: Besieged): Promise<string | undefined> {
  const { code } = await server.ask({ path: "/api/v1/namespaces/default" });
  if (code !== 200) return `the server answers ${code} to an honest request`;
  if (Object.hasOwn(Object.prototype, "polluted"))
    return "the prototype of every object was changed";
  const leak = log.find((line) => line.includes(secretValue) || line.includes(atob(secretValue)));
  if (leak !== undefined) return `a secret was logged: ${leak.slice(0, 300)}`;
  log.length = 0;
  return undefined;
}

export interface Siege {
  readonly attacks: number;
  /** By status. */
  readonly answers: ReadonlyMap<number, number>;
  /** What took longest. */
  readonly slowest: { readonly milliseconds: number; readonly attack: string };
  /** What went wrong, each with the request that did it. */
  readonly faults: readonly string[];
}

/** Attacks until `isOver`; stops early once it has found enough. */
export async function besiege(
  besieged: Besieged,
  seed: number,
  isOver: (attacks: number) => boolean,
): Promise<Siege> {
  const chance = new Chance(seed);
  const answers = new Map<number, number>();
  const faults: string[] = [];
  let slowest = { milliseconds: 0, attack: "" };
  let attacks = 0;
  while (!isOver(attacks) && faults.length < 10) {
    const made = attack(chance);
    attacks += 1;
    const begun = performance.now();
    try {
      const answer = await inTime(answerTo(besieged, made));
      answers.set(answer.status, (answers.get(answer.status) ?? 0) + 1);
      const fault = faultOf(made, answer);
      if (fault !== undefined)
        faults.push(`#${attacks} ${fault}: ${answer.text.slice(0, 300)}\n  ${shown(made)}`);
    } catch (error) {
      faults.push(`#${attacks} ${error}\n  ${shown(made)}`);
    }
    const milliseconds = Math.round(performance.now() - begun);
    if (milliseconds > slowest.milliseconds) slowest = { milliseconds, attack: shown(made) };
    if (attacks % roundAttacks !== 0) continue;
    const fault = await look(besieged);
    if (fault !== undefined) faults.push(`#${attacks} ${fault}`);
  }
  return { attacks, answers, faults, slowest };
}
