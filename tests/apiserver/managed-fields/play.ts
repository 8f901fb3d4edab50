/** A sequence of writes, played on any server, and what of each answer must be the same everywhere. */

export interface Step {
  readonly method: "POST" | "PUT" | "PATCH";
  /** With its query. */
  readonly path: string;
  readonly type: string;
  readonly userAgent?: string;
  readonly body?: unknown;
  /** Instead of a body: the object of the last answer with this merged into it. */
  readonly edit?: Readonly<Record<string, unknown>>;
}

export interface Sequence {
  readonly name: string;
  readonly steps: readonly Step[];
}

export interface Played {
  readonly code: number;
  // biome-ignore lint/suspicious/noExplicitAny: answers of every shape.
  readonly body: any;
}

export type Ask = (step: Step, body: string) => Promise<Played>;

type Fields = Readonly<Record<string, unknown>>;

function isFields(value: unknown): value is Fields {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function edited(object: unknown, edit: unknown): unknown {
  if (!isFields(edit)) return edit;
  const out: Record<string, unknown> = isFields(object) ? { ...object } : {};
  for (const [name, value] of Object.entries(edit)) {
    if (value === null) delete out[name];
    else out[name] = edited(out[name], value);
  }
  return out;
}

interface Entry {
  readonly manager: string;
  readonly operation: string;
  readonly apiVersion: string;
  readonly subresource?: string;
  readonly time?: string;
  readonly fieldsV1: unknown;
}

/** Controllers write beside the sequence where they run. */
const controllers = new Set(["kube-controller-manager", "kube-apiserver"]);
const controlled =
  /\/(customresourcedefinitions|deployments|replicasets|namespaces|poddisruptionbudgets)\//;
/** Admission and allocation are another test's. */
const filledIn = /\/(pods|services|persistentvolumeclaims|customresourcedefinitions)(\/|\?|$)/;

function entriesOf(body: Fields): unknown[] {
  const metadata = isFields(body["metadata"]) ? body["metadata"] : {};
  const entries = (metadata["managedFields"] ?? []) as readonly Entry[];
  return entries
    .filter(({ manager }) => !controllers.has(manager))
    .map(({ manager, operation, apiVersion, subresource = "", time, fieldsV1 }) =>
      [operation, manager, apiVersion, subresource, time === undefined ? "" : "timed"]
        .join(" ")
        .concat(" ", JSON.stringify(fieldsV1)),
    )
    .sort();
}

function contentOf(path: string, body: Fields): unknown {
  if (filledIn.test(path)) return undefined;
  const { kind: _, apiVersion: __, metadata, status: ___, ...rest } = body;
  const { labels, annotations, finalizers } = isFields(metadata) ? metadata : {};
  const kept = isFields(annotations)
    ? Object.fromEntries(
        Object.entries(annotations).filter(
          ([name]) => name !== "deployment.kubernetes.io/revision",
        ),
      )
    : {};
  return { ...rest, labels, finalizers, annotations: kept };
}

function versionOf(body: Fields): unknown {
  return isFields(body["metadata"]) ? body["metadata"]["resourceVersion"] : undefined;
}

/** Keys in one order: servers print fields in different ones. */
function ordered(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(ordered);
  if (!isFields(value)) return value;
  const entries = Object.entries(value).filter(([, held]) => held !== undefined && held !== null);
  return Object.fromEntries(
    entries.sort(([a], [b]) => (a < b ? -1 : 1)).map(([name, held]) => [name, ordered(held)]),
  );
}

function answerOf({ path }: Step, { code, body }: Played, before: Fields): unknown {
  if (code >= 400) {
    const causes = [...(body.details?.causes ?? [])].map((cause: unknown) => ordered(cause));
    const texts = causes.map((cause: unknown) => JSON.stringify(cause)).sort();
    // Several managers' conflicts come in any order.
    return {
      code,
      reason: body.reason,
      message: texts.length > 1 ? "" : body.message,
      causes: texts,
    };
  }
  const same = controlled.test(path) ? undefined : versionOf(body) === versionOf(before);
  return { code, same, managers: entriesOf(body), content: ordered(contentOf(path, body)) };
}

/** The answers, in the form that is compared. */
export async function play({ steps }: Sequence, ask: Ask): Promise<unknown[]> {
  const answers: unknown[] = [];
  let last: Fields = {};
  for (const step of steps) {
    const body = step.edit === undefined ? step.body : edited(last, step.edit);
    const played = await ask(step, typeof body === "string" ? body : JSON.stringify(body));
    answers.push(answerOf(step, played, last));
    if (played.code < 400 && isFields(played.body) && played.body["kind"] !== "Scale") {
      last = played.body;
    }
  }
  return JSON.parse(JSON.stringify(answers)) as unknown[];
}
