/** What is done to a container from outside: probes, and the hooks of its lifecycle. */
import type { FieldChecks } from "#apimachinery/field-checks.ts";
import type { Path } from "#apimachinery/field-error.ts";
import { isHTTPHeaderName, isPortName, isPortNumber } from "#apimachinery/validate.ts";
import type { HTTPGetAction, Lifecycle, LifecycleHandler, Probe } from "#gen/api/core/v1.ts";

export interface ProbePlace {
  readonly path: Path;
  readonly gracePeriodSeconds: number | undefined;
}

type Handler = LifecycleHandler & Pick<Probe, "grpc">;

export function portNumberOrName(
  checks: FieldChecks,
  path: Path,
  port: number | string | undefined,
): void {
  const sentences = typeof port === "string" ? isPortName(port) : isPortNumber(port ?? 0);
  checks.each(path, port ?? 0, sentences);
}

const handlerKinds = ["exec", "httpGet", "tcpSocket", "grpc", "sleep"] as const;

function handler(
  checks: FieldChecks,
  given: Handler,
  { path, gracePeriodSeconds }: ProbePlace,
): void {
  const [first, ...more] = handlerKinds.filter((kind) => given[kind] !== undefined);
  const { exec, httpGet, tcpSocket, grpc, sleep } = given;
  if (first === undefined) checks.required(path, "must specify a handler type");
  if (first === "exec" && (exec?.command ?? []).length === 0)
    checks.required(path.child("exec", "command"));
  if (first === "httpGet" && httpGet !== undefined)
    httpGetAction(checks, httpGet, path.child("httpGet"));
  if (first === "tcpSocket")
    portNumberOrName(checks, path.child("tcpSocket", "port"), tcpSocket?.port);
  if (first === "grpc") {
    portNumberOrName(checks, path.child("grpc", "port"), grpc?.port);
    if (grpc?.mode !== undefined)
      checks.oneOf(path.child("grpc", "mode"), grpc.mode, ["Plaintext", "TLS"]);
  }
  if (first === "sleep" && sleep !== undefined && gracePeriodSeconds !== undefined) {
    const { seconds } = sleep;
    if (seconds < 0 || seconds > gracePeriodSeconds)
      checks.invalid(
        path.child("sleep"),
        seconds,
        `must be non-negative and less than terminationGracePeriodSeconds (${gracePeriodSeconds})`,
      );
  }
  for (const kind of more)
    checks.forbidden(path.child(kind), "may not specify more than 1 handler type");
}

function httpGetAction(checks: FieldChecks, action: HTTPGetAction, path: Path): void {
  const { path: target, port, scheme, httpHeaders, protocol, host = "" } = action;
  checks.present(path.child("path"), target);
  portNumberOrName(checks, path.child("port"), port);
  checks.oneOf(path.child("scheme"), scheme, ["HTTP", "HTTPS"]);
  for (const { name = "" } of httpHeaders ?? [])
    checks.each(path.child("httpHeaders"), name, isHTTPHeaderName(name));
  if (protocol === undefined) return;
  if (protocol !== "HTTP1" && protocol !== "HTTP2")
    checks.oneOf(path.child("protocol"), protocol, ["HTTP1", "HTTP2"]);
  else if (protocol === "HTTP2" && scheme !== "HTTP")
    checks.invalid(path.child("protocol"), protocol, "is only supported with HTTP (H2C)");
  else if (protocol === "HTTP2" && host !== "")
    checks.invalid(path.child("host"), host, 'must be empty when `protocol` is "HTTP2"');
}

function probe(checks: FieldChecks, given: Probe, place: ProbePlace): void {
  const { path } = place;
  handler(checks, given, place);
  for (const field of [
    "initialDelaySeconds",
    "timeoutSeconds",
    "periodSeconds",
    "successThreshold",
    "failureThreshold",
  ] as const)
    checks.notNegative(path.child(field), given[field]);
  const { terminationGracePeriodSeconds: seconds } = given;
  if (seconds !== undefined && seconds <= 0)
    checks.invalid(path.child("terminationGracePeriodSeconds"), seconds, "must be greater than 0");
}

interface Probed {
  readonly livenessProbe?: Probe | undefined;
  readonly readinessProbe?: Probe | undefined;
  readonly startupProbe?: Probe | undefined;
}

export function validateProbes(checks: FieldChecks, container: Probed, place: ProbePlace): void {
  for (const kind of ["livenessProbe", "readinessProbe", "startupProbe"] as const) {
    const given = container[kind];
    if (given === undefined) continue;
    const path = place.path.child(kind);
    probe(checks, given, { ...place, path });
    const { successThreshold = 0, terminationGracePeriodSeconds } = given;
    if (kind !== "readinessProbe" && successThreshold !== 1)
      checks.invalid(path.child("successThreshold"), successThreshold, "must be 1");
    if (kind === "readinessProbe" && terminationGracePeriodSeconds !== undefined)
      checks.invalid(
        path.child("terminationGracePeriodSeconds"),
        terminationGracePeriodSeconds,
        "must not be set for readinessProbes",
      );
  }
}

const linuxSignals = [
  ..."ABRT ALRM BUS CHLD CLD CONT FPE HUP ILL INT IO IOT KILL PIPE POLL PROF PWR QUIT SEGV STKFLT STOP SYS TERM TRAP TSTP TTIN TTOU URG USR1 USR2 VTALRM WINCH XCPU XFSZ RTMIN RTMAX"
    .split(" ")
    .map((name) => `SIG${name}`),
  ...Array.from({ length: 15 }, (_, index) => `SIGRTMIN+${index + 1}`),
  ...Array.from({ length: 14 }, (_, index) => `SIGRTMAX-${index + 1}`),
];
const windowsSignals = ["SIGKILL", "SIGTERM"];

export function validateLifecycle(
  checks: FieldChecks,
  { postStart, preStop, stopSignal }: Lifecycle,
  { os, ...place }: ProbePlace & { readonly os: string | undefined },
): void {
  const { path } = place;
  if (postStart !== undefined)
    handler(checks, postStart, { ...place, path: path.child("postStart") });
  if (preStop !== undefined) handler(checks, preStop, { ...place, path: path.child("preStop") });
  if (stopSignal === undefined) return;
  const here = path.child("stopSignal");
  if (os === undefined)
    checks.forbidden(here, "may not be set for containers with empty `spec.os.name`");
  else if (os === "windows") checks.oneOf(here, stopSignal, windowsSignals);
  else if (os === "linux") checks.oneOf(here, stopSignal, linuxSignals);
}
