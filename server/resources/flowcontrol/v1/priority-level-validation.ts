/** Validation of a PriorityLevelConfiguration: shares, limits, queues. */
import { deepEqual } from "#apimachinery/deep-equal.ts";
import { FieldChecks } from "#apimachinery/field-checks.ts";
import { type FieldError, Path } from "#apimachinery/field-error.ts";
import type {
  LimitedPriorityLevelConfiguration,
  LimitResponse,
  PriorityLevelConfiguration,
  QueuingConfiguration,
} from "#gen/api/flowcontrol/v1.ts";
import { startPriorityLevels } from "#gen/start-objects.ts";
import { validateTypedConditions } from "./typed-conditions.ts";

const specPath = new Path("spec");
const queuesMax = 10_000_000;
/** Of the hash that deals requests to queues. */
const hashBitsMax = 60;
const zeroShares = "flowcontrol.k8s.io/v1beta3-preserve-zero-concurrency-shares";

export function validatePriorityLevel(level: PriorityLevelConfiguration): FieldError[] {
  const checks = new FieldChecks();
  const { metadata, spec, status } = level;
  if (metadata.annotations?.[zeroShares] !== undefined)
    checks.forbidden(new Path("metadata.annotations"), `annotation '${zeroShares}' is forbidden`);
  const { type = "", limited, exempt } = spec ?? {};
  if ((metadata.name === "exempt") !== (type === "Exempt"))
    checks.invalid(
      specPath.child("type"),
      type,
      "must be 'Exempt' if and only if `name` is 'exempt'",
    );
  if (checks.declared.present(specPath.child("type"), type))
    checks.oneOf(specPath.child("type"), type, ["Exempt", "Limited"]);
  if (type !== "Limited" && limited !== undefined) {
    checks.declared.forbidden(specPath.child("limited"), "");
    responseShape(checks, limited.limitResponse, specPath.child("limited", "limitResponse"));
  }
  if (type === "Exempt" && exempt !== undefined)
    validateShares(checks, exempt, specPath.child("exempt"));
  if (type !== "Exempt" && exempt !== undefined)
    checks.declared.forbidden(specPath.child("exempt"), "");
  if (type === "Limited") {
    if (limited === undefined)
      checks.declared.required(specPath.child("limited"), "must not be empty when type is Limited");
    else validateLimited(checks, limited, specPath.child("limited"));
  }
  fixed(checks, level);
  checks.add(validateTypedConditions(status?.conditions ?? []));
  return checks.errors;
}

/** Two levels are what they are; of the exempt one the shares may change. */
function fixed(checks: FieldChecks, { metadata, spec }: PriorityLevelConfiguration): void {
  const { name } = metadata;
  if (name !== "exempt" && name !== "catch-all") return;
  const wanted = startPriorityLevels.find((level) => level.metadata.name === name)?.spec;
  const given = name === "exempt" ? { ...spec, exempt: wanted?.exempt } : spec;
  if (deepEqual(given, wanted)) return;
  const but = name === "exempt" ? " except the 'spec.exempt' field" : "";
  checks.invalid(specPath, spec, `spec of '${name}'${but} must equal the fixed value`);
}

interface Shares {
  readonly nominalConcurrencyShares?: number | undefined;
  readonly lendablePercent?: number | undefined;
}

function validateShares(
  checks: FieldChecks,
  { nominalConcurrencyShares: shares = 0, lendablePercent }: Shares,
  path: Path,
): void {
  if (shares < 0)
    checks.invalid(
      path.child("nominalConcurrencyShares"),
      shares,
      "must be a non-negative integer",
    );
  checks.between(path.child("lendablePercent"), lendablePercent, [0, 100]);
}

function validateLimited(
  checks: FieldChecks,
  limited: LimitedPriorityLevelConfiguration,
  path: Path,
): void {
  validateShares(checks, limited, path);
  validateResponse(checks, limited.limitResponse, path.child("limitResponse"));
  if ((limited.borrowingLimitPercent ?? 0) < 0)
    checks.invalid(
      path.child("borrowingLimitPercent"),
      limited.borrowingLimitPercent,
      "if specified, must be a non-negative integer",
    );
}

function validateResponse(
  checks: FieldChecks,
  response: LimitResponse | undefined,
  path: Path,
): void {
  const { type = "", queuing } = response ?? {};
  responseShape(checks, response, path);
  if (type !== "") checks.oneOf(path.child("type"), type, ["Queue", "Reject"]);
  if (type === "Queue" && queuing !== undefined)
    validateQueuing(checks, queuing, path.child("queuing"));
}

/** What of it must be there, and what must not: judged even where the level limits nothing. */
function responseShape(checks: FieldChecks, response: LimitResponse | undefined, path: Path): void {
  const { type = "", queuing } = response ?? {};
  const queuingPath = path.child("queuing");
  const { declared } = checks;
  if (type !== "Queue" && queuing !== undefined) declared.forbidden(queuingPath, "");
  if (type === "Queue" && queuing === undefined)
    declared.required(queuingPath, "must not be empty if limited.limitResponse.type is Limited");
  declared.present(path.child("type"), type);
}

function validateQueuing(checks: FieldChecks, queuing: QueuingConfiguration, path: Path): void {
  const { queueLengthLimit = 0, queues = 0, handSize = 0 } = queuing;
  for (const [field, value] of Object.entries({ queueLengthLimit, queues, handSize }))
    if (value <= 0) checks.invalid(path.child(field), value, "must be positive");
  if (queues > queuesMax)
    checks.invalid(path.child("queues"), queues, `must not be greater than ${queuesMax}`);
  if (handSize <= 0) return;
  const bits = Math.ceil(Math.log2(queues) * handSize);
  if (handSize > queues)
    checks.invalid(
      path.child("handSize"),
      handSize,
      `should not be greater than queues (${queues})`,
    );
  else if (bits > hashBitsMax)
    checks.invalid(
      path.child("handSize"),
      handSize,
      `required entropy bits of deckSize ${queues} and handSize ${handSize} should not be greater than ${hashBitsMax}`,
    );
}
