/** Which containers of a Pod may run again after they ended. */
import type { FieldChecks } from "#apimachinery/field-checks.ts";
import { Path } from "#apimachinery/field-error.ts";
import type { Container, ContainerStatus, PodSpec, PodStatus } from "#gen/api/core/v1.ts";

/** The action of the first rule that the exit code meets. */
function actionOf({ restartPolicyRules = [] }: Container, exitCode: number): string | undefined {
  const met = restartPolicyRules.find(({ exitCodes }) => {
    if (exitCodes === undefined) return false;
    const named = (exitCodes.values ?? []).includes(exitCode);
    return exitCodes.operator === "NotIn" ? !named : exitCodes.operator === "In" && named;
  });
  return met?.action;
}

function mayRestart(container: Container, { restartPolicy }: PodSpec, exitCode: number): boolean {
  if (container.restartPolicy !== undefined) {
    const action = actionOf(container, exitCode);
    if (action === "Restart" || action === "RestartAllContainers") return true;
  }
  const policy = container.restartPolicy ?? restartPolicy;
  return policy === "OnFailure" ? exitCode !== 0 : policy !== "Never";
}

const restartsAll = ({ initContainers = [], containers }: PodSpec): boolean =>
  [...initContainers, ...containers].some(({ restartPolicyRules = [] }) =>
    restartPolicyRules.some(({ action }) => action === "RestartAllContainers"),
  );

const lists = [
  ["containerStatuses", "containers"],
  ["initContainerStatuses", "initContainers"],
  ["ephemeralContainerStatuses", "ephemeralContainers"],
] as const;

/** What ended for good stays ended. */
export function restartTransitions(
  checks: FieldChecks,
  { status, before, spec }: { status: PodStatus; before: PodStatus; spec: PodSpec },
): void {
  for (const [list, containers] of lists) {
    const isEphemeral = containers === "ephemeralContainers";
    if (!isEphemeral && restartsAll(spec)) continue;
    const known = isEphemeral ? [] : (spec[containers] ?? []);
    for (const [index, ended] of (before[list] ?? []).entries()) {
      if (!hasEndedForGood(ended, known, spec)) continue;
      const again = (status[list] ?? []).filter((one) => isAgain(one, ended));
      // Of an ordinary container the first status counts.
      for (const _ of isEphemeral ? again : again.slice(0, 1))
        checks.forbidden(
          new Path("status").child(list).index(index).child("state"),
          "may not be transitioned to non-terminated state",
        );
    }
  }
}

function hasEndedForGood(
  { name, state }: ContainerStatus,
  containers: readonly Container[],
  spec: PodSpec,
): boolean {
  const exitCode = state?.terminated?.exitCode;
  if (exitCode === undefined) return false;
  const container = containers.find((one) => one.name === name);
  return container === undefined || !mayRestart(container, spec, exitCode);
}

const isAgain = ({ name, state }: ContainerStatus, ended: ContainerStatus): boolean =>
  name === ended.name && state?.terminated === undefined;
