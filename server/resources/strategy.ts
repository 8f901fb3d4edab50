/** Strategies that most resources share. */
import type { KubeObject } from "#gen/api/meta/v1.ts";

interface WithStatus extends KubeObject {
  status?: unknown;
}

/** The main resource does not change status: only /status does. */
export function keepStatus(object: WithStatus, old: WithStatus): void {
  if (old.status === undefined) delete object.status;
  else object.status = old.status;
}
