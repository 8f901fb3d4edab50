/** What two servers answered to one request, as far as it must be alike. */
export interface Answer {
  readonly code: number;
  // biome-ignore lint/suspicious/noExplicitAny: answers of every shape are compared
  readonly body: any;
  readonly warnings: readonly string[];
}

const volatile = [
  "uid",
  "resourceVersion",
  "creationTimestamp",
  "managedFields",
  "generation",
  "selfLink",
];
/** Of the certificate that a side was asked with. */
const ofTheAsker = "extra";
const uid = /[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}|uid-\d+/g;
const time = /\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d+)?Z/g;
/** What each server hands out as it likes: addresses, ports, names of token volumes. */
const handedOut = new Set(["clusterIP", "clusterIPs", "nodePort", "healthCheckNodePort"]);

/** Sorted, without what differs between any two servers. */
function normal(value: unknown, key = ""): unknown {
  if (handedOut.has(key)) return typeof value === "object" ? ["given"] : "given";
  if (typeof value === "string")
    return value
      .replaceAll(uid, "UID")
      .replaceAll(time, "TIME")
      .replace(/kube-api-access-\w{5}/, "kube-api-access")
      .replace(/^(gen-?|a{58})\w{5}$/, "$1GENERATED");
  if (Array.isArray(value)) return value.map((item) => normal(item));
  if (typeof value !== "object" || value === null) return value;
  const dropped = key === "metadata" ? volatile : [];
  return Object.fromEntries(
    Object.entries(value)
      .filter(([name]) => !dropped.includes(name) && name !== ofTheAsker)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([name, item]) => [name, normal(item, name)]),
  );
}

function refusalOf({ code, body }: Answer): unknown {
  const causes: { reason?: string; field?: string }[] = body?.details?.causes ?? [];
  return {
    code,
    reason: body?.reason,
    causes: causes.map(({ reason, field }) => `${reason} ${field}`).sort(),
  };
}

/** Of what is stored: a stock cluster's controllers have been at it. Of a list only that it is one: they add and collect. */
function withoutControllers(body: Answer["body"]): unknown {
  if (Array.isArray(body?.items)) return { kind: body.kind };
  const { status: _, ...rest } = body ?? {};
  const { ownerReferences: __, annotations, ...metadata } = rest.metadata ?? {};
  const kept = Object.fromEntries(
    Object.entries(annotations ?? {}).filter(
      ([name]) => !/^(deployment\.kubernetes|autoscaling\.alpha)/.test(name),
    ),
  );
  return { ...rest, metadata: { ...metadata, annotations: kept } };
}

/** undefined: alike. */
export function differenceOf(stock: Answer, ours: Answer, title = ""): string | undefined {
  const [wanted, got] = [refusalOf(stock), refusalOf(ours)].map((one) => JSON.stringify(one));
  if (wanted !== got) return `want ${wanted} got ${got}`;
  const said = [stock, ours].map(({ warnings }) => JSON.stringify([...warnings].sort()));
  if (said[0] !== said[1]) return `want warnings ${said[0]} got ${said[1]}`;
  if (stock.code >= 300) return undefined;
  const settled = title.startsWith("create ") || title.startsWith("may ");
  const [left, right] = [stock.body, ours.body].map((body) =>
    normal(settled ? body : withoutControllers(body)),
  );
  return firstDifference(left, right, "");
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
