/**
 * The paths by which the API server asks for streams:
 *
 *   /exec/NAMESPACE/POD[/UID]/CONTAINER?command=…&input=1&output=1&error=1&tty=1      /attach/ the same, without command
 *   /portForward/NAMESPACE/POD[/UID]?port=…
 */
import { badRequest } from "#apimachinery/status.ts";

export interface StreamPath {
  readonly do: "exec" | "attach" | "portforward";
  readonly namespace: string;
  readonly pod: string;
  readonly uid: string | undefined;
  readonly container: string;
  readonly query: URLSearchParams;
}

const areas = { exec: "exec", attach: "attach", portForward: "portforward" } as const;

/** undefined: no path of a stream. */
export function streamPath({ pathname, searchParams: query }: URL): StreamPath | undefined {
  const [, area = "", namespace = "", pod = "", ...rest] = pathname
    .split("/")
    .map(decodeURIComponent);
  const found = Object.entries(areas).find(([name]) => name === area)?.[1];
  if (found === undefined || pod === "") return undefined;
  const named = found === "portforward" ? rest.length <= 1 : rest.length === 1 || rest.length === 2;
  if (!named) return undefined;
  const container = found === "portforward" ? "" : (rest.at(-1) ?? "");
  const uid = found === "portforward" || rest.length === 2 ? rest[0] : undefined;
  return { do: found, namespace, pod, uid, container, query };
}

const isSet = (query: URLSearchParams, name: string): boolean =>
  ["1", "true"].includes(query.get(name) ?? "");

/** Throws BadRequest. */
export function wantedStreams(query: URLSearchParams) {
  const tty = isSet(query, "tty");
  const wanted = {
    tty,
    stdin: isSet(query, "input"),
    stdout: isSet(query, "output"),
    // A terminal has one output.
    stderr: isSet(query, "error") && !tty,
  };
  if (wanted.stdin || wanted.stdout || wanted.stderr) return wanted;
  throw badRequest("you must specify at least 1 of stdin, stdout, stderr");
}

/** Throws BadRequest. */
export function portsOf(query: URLSearchParams): readonly number[] {
  return query.getAll("port").map((text) => {
    const port = Number(text);
    if (Number.isInteger(port) && port > 0 && port <= 65_535) return port;
    throw badRequest(`unable to parse ${JSON.stringify(text)} as a port`);
  });
}
