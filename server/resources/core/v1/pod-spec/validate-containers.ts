/** Containers of a Pod: main, init and ephemeral ones. */
import { emptiesOf } from "#apimachinery/codec/empties.ts";
import type { FieldChecks } from "#apimachinery/field-checks.ts";
import { notFoundValue, type Path, tooMany } from "#apimachinery/field-error.ts";
import { isPortName, isPortNumber } from "#apimachinery/validate.ts";
import type {
  Container,
  ContainerPort,
  ContainerRestartRule,
  EphemeralContainer,
  PodSpec,
  Volume,
} from "#gen/api/core/v1.ts";
import { validateEnv, validateEnvFrom } from "./validate-env.ts";
import { validateDevices, validateMounts } from "./validate-mounts.ts";
import { validateLifecycle, validateProbes } from "./validate-probes.ts";
import { pullPolicy } from "./validate-pull-policy.ts";
import { validateRequirements } from "./validate-resources.ts";
import { containerSecurity } from "./validate-security.ts";

type AnyContainer = Container | EphemeralContainer;

interface Place {
  readonly spec: PodSpec;
  readonly volumes: ReadonlyMap<string, Volume>;
  readonly claimNames: ReadonlySet<string>;
  readonly path: Path;
}

export function validateContainers(checks: FieldChecks, place: Place): void {
  const { spec } = place;
  const path = place.path.child("containers");
  const containers = spec.containers ?? [];
  if (containers.length === 0) checks.required(path);
  const names = new Set<string>();
  for (const [index, container] of containers.entries()) {
    const here = path.index(index);
    commonParts(checks, container, { ...place, path: here });
    if (names.has(container.name)) checks.duplicate(here.child("name"), container.name);
    names.add(container.name);
    runningParts(checks, container, { ...place, path: here });
    restartRules(checks, container, here);
  }
  hostPortConflicts(checks, containers, path);
  validateInitContainers(checks, place);
  validateEphemeralContainers(checks, place);
}

function runningParts(checks: FieldChecks, container: AnyContainer, { spec, path }: Place): void {
  const gracePeriodSeconds = spec.terminationGracePeriodSeconds;
  if (container.lifecycle !== undefined)
    validateLifecycle(checks, container.lifecycle, {
      path: path.child("lifecycle"),
      gracePeriodSeconds,
      os: spec.os?.name,
    });
  validateProbes(checks, container, { path, gracePeriodSeconds });
}

function validateInitContainers(checks: FieldChecks, place: Place): void {
  const { spec } = place;
  const path = place.path.child("initContainers");
  const names = new Set((spec.containers ?? []).map(({ name }) => name));
  for (const [index, container] of (spec.initContainers ?? []).entries()) {
    const here = path.index(index);
    commonParts(checks, container, { ...place, path: here });
    restartRules(checks, container, here);
    if (names.has(container.name)) checks.duplicate(here.child("name"), container.name);
    else if (container.name) names.add(container.name);
    hostPortConflicts(checks, [container], path);
    if (container.restartPolicy === "Always")
      runningParts(checks, container, { ...place, path: here });
    else endingParts(checks, container, here);
  }
}

const partsOfRunning = ["lifecycle", "livenessProbe", "readinessProbe", "startupProbe"] as const;

/** An init container that is to end has nothing of one that runs beside the others. */
function endingParts(checks: FieldChecks, container: AnyContainer, path: Path): void {
  for (const field of partsOfRunning)
    if (container[field] !== undefined)
      checks.forbidden(
        path.child(field),
        "may not be set for init containers without restartPolicy=Always",
      );
  for (const [position, { restartPolicy }] of (container.resizePolicy ?? []).entries())
    if (restartPolicy === "RestartContainer")
      checks.invalid(
        path.child("resizePolicy").index(position).child("restartPolicy"),
        restartPolicy,
        "must not be set to 'RestartContainer' for non-sidecar initContainers",
      );
}

/** What upstream lets an ephemeral container have: nothing that outlives a look inside. */
const ephemeralFields = new Set([
  "name",
  "image",
  "command",
  "args",
  "workingDir",
  "envFrom",
  "env",
  "volumeMounts",
  "volumeDevices",
  "imagePullPolicy",
  "terminationMessagePath",
  "terminationMessagePolicy",
  "securityContext",
  "stdin",
  "stdinOnce",
  "tty",
  "targetContainerName",
]);

function validateEphemeralContainers(checks: FieldChecks, place: Place): void {
  const { spec } = place;
  const path = place.path.child("ephemeralContainers");
  const others = [...(spec.containers ?? []), ...(spec.initContainers ?? [])].map(
    ({ name }) => name,
  );
  const names = new Set(others);
  for (const [index, container] of (spec.ephemeralContainers ?? []).entries()) {
    const here = path.index(index);
    commonParts(checks, container, { ...place, path: here });
    imageWithoutBlanks(checks, container, here);
    if (names.has(container.name)) checks.duplicate(here.child("name"), container.name);
    names.add(container.name);
    const target = container.targetContainerName;
    if (target && !others.includes(target))
      checks.add([notFoundValue(here.child("targetContainerName"), target)]);
    for (const foreign of foreignToEphemeral(container, here))
      checks.forbidden(foreign, "cannot be set for an Ephemeral Container");
  }
}

/** Resources are always there; of the others also what is given without anything in it. */
const isSet = (field: string, value: unknown): boolean =>
  field === "resources" && typeof value === "object" && value !== null
    ? Object.keys(value).length + emptiesOf(value).length > 0
    : value !== undefined;

function* foreignToEphemeral(container: AnyContainer, path: Path): Generator<Path> {
  const present = Object.entries(container).filter(([field, value]) => isSet(field, value));
  for (const field of [...present.map(([name]) => name), ...emptiesOf(container)])
    if (!ephemeralFields.has(field)) yield path.child(field);
  for (const [position, mount] of (container.volumeMounts ?? []).entries())
    for (const field of ["subPath", "subPathExpr"] as const)
      if (mount[field]) yield path.child("volumeMounts").index(position).child(field);
}

export function imageWithoutBlanks(
  checks: FieldChecks,
  { image = "" }: { image?: string | undefined },
  path: Path,
): void {
  if (image !== image.trim())
    checks.invalid(path.child("image"), image, "must not have leading or trailing whitespace");
}

function commonParts(checks: FieldChecks, container: AnyContainer, place: Place): void {
  const { path, volumes, claimNames, spec } = place;
  checks.presentLabel(path.child("name"), container.name);
  checks.present(path.child("image"), container.image);
  const { terminationMessagePolicy: message } = container;
  const messages = ["File", "FallbackToLogsOnError"];
  checks.presentOneOf(path.child("terminationMessagePolicy"), message, messages, "as given");
  ports(checks, container.ports ?? [], path.child("ports"));
  validateEnv(checks, container.env ?? [], path.child("env"));
  validateEnvFrom(checks, container.envFrom ?? [], path.child("envFrom"));
  validateMounts(checks, container, { volumes, path: path.child("volumeMounts") });
  validateDevices(checks, container, { volumes, path: path.child("volumeDevices") });
  pullPolicy(checks, path.child("imagePullPolicy"), container.imagePullPolicy);
  validateRequirements(checks, container.resources ?? {}, {
    path: path.child("resources"),
    claimNames,
  });
  resizePolicies(checks, container, {
    podPolicy: spec.restartPolicy,
    path: path.child("resizePolicy"),
  });
  const hostUsers = spec.hostUsers !== false;
  containerSecurity(checks, container.securityContext, {
    path: path.child("securityContext"),
    hostUsers,
  });
}

function ports(checks: FieldChecks, list: readonly ContainerPort[], path: Path): void {
  const names = new Set<string>();
  for (const [index, { name = "", containerPort = 0, hostPort = 0, protocol }] of list.entries()) {
    const here = path.index(index);
    if (name !== "") {
      const sentences = isPortName(name);
      checks.each(here.child("name"), name, sentences);
      if (sentences.length === 0 && names.has(name)) checks.duplicate(here.child("name"), name);
      if (sentences.length === 0) names.add(name);
    }
    if (containerPort === 0) checks.required(here.child("containerPort"));
    else checks.each(here.child("containerPort"), containerPort, isPortNumber(containerPort));
    if (hostPort !== 0) checks.each(here.child("hostPort"), hostPort, isPortNumber(hostPort));
    checks.presentOneOf(here.child("protocol"), protocol, ["SCTP", "TCP", "UDP"]);
  }
}

function hostPortConflicts(
  checks: FieldChecks,
  containers: readonly Container[],
  path: Path,
): void {
  const taken = new Set<string>();
  for (const [index, container] of containers.entries())
    for (const [position, port] of (container.ports ?? []).entries()) {
      if (!port.hostPort) continue;
      const key = `${port.protocol}/${port.hostIP ?? ""}/${port.hostPort}`;
      if (taken.has(key))
        checks.duplicate(path.index(index).child("ports").index(position).child("hostPort"), key);
      taken.add(key);
    }
}

function resizePolicies(
  checks: FieldChecks,
  { resizePolicy = [] }: AnyContainer,
  { podPolicy, path }: { podPolicy: string | undefined; path: Path },
): void {
  const seen = new Set<string>();
  for (const [index, { resourceName, restartPolicy }] of resizePolicy.entries()) {
    if (seen.has(resourceName)) checks.duplicate(path.index(index), resourceName);
    seen.add(resourceName);
    // Upstream reports these at the list.
    checks.presentOneOf(path, resourceName, ["cpu", "memory"]);
    checks.presentOneOf(path, restartPolicy, ["NotRequired", "RestartContainer"]);
    if (podPolicy === "Never" && restartPolicy !== "NotRequired")
      checks.invalid(
        path,
        restartPolicy,
        "must be 'NotRequired' when pod `restartPolicy` is 'Never'",
      );
  }
}

const restartRulesMax = 20;
const exitCodesMax = 255;

function restartRules(
  checks: FieldChecks,
  { restartPolicy, restartPolicyRules: rules = [] }: Container,
  path: Path,
): void {
  const policyPath = path.child("restartPolicy");
  const rulesPath = path.child("restartPolicyRules");
  if (restartPolicy === undefined) {
    if (rules.length === 0) return;
    checks.required(policyPath, "must specify restartPolicy when restart rules are used");
    // Of init containers upstream says no more.
    if (path.text.includes("initContainers")) return;
  } else checks.oneOf(policyPath, restartPolicy, ["Always", "Never", "OnFailure"]);
  if (rules.length > restartRulesMax)
    checks.add([tooMany(rulesPath, rules.length, restartRulesMax)]);
  for (const [index, rule] of rules.entries()) restartRule(checks, rule, rulesPath.index(index));
}

function restartRule(
  checks: FieldChecks,
  { action, exitCodes }: ContainerRestartRule,
  path: Path,
): void {
  checks.oneOf(path.child("action"), action, ["Restart", "RestartAllContainers"]);
  if (exitCodes === undefined) {
    checks.required(path.child("exitCodes"), "must be specified");
    return;
  }
  const { operator, values = [] } = exitCodes;
  checks.oneOf(path.child("exitCodes", "operator"), operator, ["In", "NotIn"]);
  if (values.length > exitCodesMax)
    checks.add([tooMany(path.child("exitCodes", "values"), values.length, exitCodesMax)]);
}
