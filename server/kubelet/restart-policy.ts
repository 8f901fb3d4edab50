/** Whether an ended container runs again: the pod's policy, the container's own, and its rules. */
import type { Container, Pod } from "#gen/api/core/v1.ts";

function ruleAsksForRestart(container: Container, exitCode: number): boolean {
  return (container.restartPolicyRules ?? []).some(({ action, exitCodes }) => {
    if (action !== "Restart" || exitCodes === undefined) return false;
    const named = (exitCodes.values ?? []).includes(exitCode);
    return exitCodes.operator === "NotIn" ? !named : named;
  });
}

/** After an exit with this code. */
export function restartsAfter(pod: Pod, container: Container, exitCode: number): boolean {
  if (ruleAsksForRestart(container, exitCode)) return true;
  const policy = container.restartPolicy ?? pod.spec.restartPolicy ?? "Always";
  if (policy === "Never") return false;
  return policy === "Always" || exitCode !== 0;
}
