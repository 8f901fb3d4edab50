/** What main.ts offers to the verbs: which components run in this process is decided there alone. */

export interface ControlPlaneOptions {
  readonly dataDir: string;
  readonly bindAddress: string;
  /** 0: any free port. */
  readonly port: number;
  /** postgres://…, several hosts allowed; undefined: the embedded Postgres. */
  readonly databaseUrl: string | undefined;
  readonly serviceCidr: string;
  /** undefined: chosen at the first start. */
  readonly podCidr: string | undefined;
  /** Further names and addresses of the serving certificate. */
  readonly sans: readonly string[];
  readonly controllers: boolean;
  readonly scheduler: boolean;
  readonly leaderElect: boolean;
  /** Told what is being done, before each step. */
  step<T>(title: string, action: () => Promise<T>): Promise<T>;
  readonly signal: AbortSignal;
}

export interface ControlPlane {
  readonly port: number;
  readonly url: string;
  readonly kubeconfigPath: string;
  /** Where the objects are: a directory or a URL without its password. */
  readonly database: string;
  startNodes(options: NodesOptions): Promise<Nodes>;
  /** Stops what runs here; containers go on, so does nothing else. */
  close(): Promise<void>;
}

export type RuntimeChoice = "auto" | "containerd" | "simulated";

export interface NodesOptions {
  readonly count: number;
  readonly runtime: RuntimeChoice;
  readonly nodeName: string;
  /** Whom pods ask for names; empty: whom the host asks. */
  readonly clusterDns: readonly string[];
}

export interface Nodes {
  /** `containerd 1.6.20`, or `simulated (why)`. */
  readonly runtime: string;
  /** Resolves when every node is Ready. */
  ready(): Promise<void>;
  close(): Promise<void>;
}

export interface AgentOptions {
  readonly server: string;
  readonly token: string | undefined;
  /** sha256:<hex> of the cluster CA's public key, as kubeadm prints it. */
  readonly caCertHash: string | undefined;
  readonly dataDir: string;
  readonly nodeName: string;
  readonly runtime: RuntimeChoice;
  /** Of the agent's own HTTPS endpoint. */
  readonly port: number;
  /** Of the node's pods until the control plane gives it one; empty: waits for that. */
  readonly podCidr: string;
  /** As of NodesOptions. */
  readonly clusterDns: readonly string[];
  readonly signal: AbortSignal;
}

export interface Compose {
  controlPlane(options: ControlPlaneOptions): Promise<ControlPlane>;
  agent(options: AgentOptions): Promise<Nodes>;
}
