/** The configuration of a containerd of our own. Pure. */
export interface ContainerdConfig {
  readonly root: string;
  readonly state: string;
  readonly socket: string;
  readonly sandboxImage: string;
  readonly cniBinDir: string;
  readonly cniConfDir: string;
  readonly registryDir: string;
  /** `overlayfs`; `native` where overlays cannot be mounted. */
  readonly snapshotter: string;
  /** True without CAP_SYS_RESOURCE: lowering an oom score is refused, with a misleading runc error. */
  readonly restrictOomScore: boolean;
}

export function containerdConfig(config: ContainerdConfig): string {
  const text = (value: string): string => JSON.stringify(value);
  return `version = 2
root = ${text(config.root)}
state = ${text(config.state)}
disabled_plugins = ["io.containerd.snapshotter.v1.btrfs", "io.containerd.snapshotter.v1.zfs", "io.containerd.snapshotter.v1.devmapper", "io.containerd.snapshotter.v1.aufs", "io.containerd.internal.v1.opt"]

[grpc]
  address = ${text(config.socket)}

[plugins."io.containerd.grpc.v1.cri"]
  sandbox_image = ${text(config.sandboxImage)}
  restrict_oom_score_adj = ${config.restrictOomScore}
  stream_server_address = "127.0.0.1"
  stream_server_port = "0"

[plugins."io.containerd.grpc.v1.cri".containerd]
  snapshotter = ${text(config.snapshotter)}
  default_runtime_name = "runc"

[plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc]
  runtime_type = "io.containerd.runc.v2"

[plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc.options]
  SystemdCgroup = false

[plugins."io.containerd.grpc.v1.cri".cni]
  bin_dir = ${text(config.cniBinDir)}
  conf_dir = ${text(config.cniConfDir)}

[plugins."io.containerd.grpc.v1.cri".registry]
  config_path = ${text(config.registryDir)}
`;
}
