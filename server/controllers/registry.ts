/** Which controllers there are: one line each. */
import type { KeyPair } from "#apimachinery/pki.ts";
import type { Controller } from "./controller.ts";
import { deployment } from "./deployment/watches.ts";
import { namespace } from "./namespace/watches.ts";
import { replicaSet } from "./replicaset/watches.ts";
import { serviceAccount } from "./serviceaccount/watches.ts";

export interface ControllerSettings {
  /** Signs certificates of kubelets; absent: the csr controllers do not run. */
  readonly signingAuthority?: KeyPair | undefined;
  /** PEM for every namespace's kube-root-ca.crt; absent: its publisher does not run. */
  readonly rootCa?: string | undefined;
  /** Pod addresses of all nodes; default 10.244.0.0/16. */
  readonly clusterCidr?: string | undefined;
}

export function controllersFor(_settings: ControllerSettings): readonly Controller[] {
  return [deployment, replicaSet, namespace, serviceAccount];
}
