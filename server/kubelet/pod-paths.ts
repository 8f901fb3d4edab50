/** Where a pod's files live on the node. Pure. */
import type { Pod } from "#gen/api/core/v1.ts";

export interface PodPaths {
  /** `<dataDir>/pods/<uid>` */
  readonly root: string;
  readonly hosts: string;
  readonly volumes: string;
  /** `<dataDir>/logs/<namespace>_<name>_<uid>` */
  readonly logs: string;
}

export function podPaths(dataDir: string, pod: Pod): PodPaths {
  const { namespace, name, uid } = pod.metadata;
  const root = `${dataDir}/pods/${uid}`;
  return {
    root,
    hosts: `${root}/etc-hosts`,
    volumes: `${root}/volumes`,
    logs: `${dataDir}/logs/${namespace}_${name}_${uid}`,
  };
}

/** Relative to the pod's log directory: `<container>/<attempt>.log`. */
export function containerLogName(container: string, attempt: number): string {
  return `${container}/${attempt}.log`;
}

/** Where a container's termination message lies on the host. */
export function terminationLogPath(root: string, container: string, attempt: number): string {
  return `${root}/containers/${container}/${attempt}`;
}
