/** The node's pod network: a bridge with addresses of the node's podCIDR. Pure. */
import { createHash } from "node:crypto";

export interface CniInput {
  /** `10.244.1.0/24` */
  readonly podCidr: string;
  readonly bridge: string;
  /** Where host-local keeps which address is whose. */
  readonly ipamDir: string;
  /** Whether iptables is there: without it no masquerading and no host ports. */
  readonly iptables: boolean;
}

/** Linux allows 15 bytes for an interface; two clusters on one machine need two bridges. */
export function bridgeName(dataDir: string): string {
  return `kubun${createHash("sha256").update(dataDir).digest("hex").slice(0, 8)}`;
}

export const cniFileName = "10-kubun.conflist";

export function cniConfig({ podCidr, bridge, ipamDir, iptables }: CniInput): string {
  const plugins = [
    {
      type: "bridge",
      bridge,
      isGateway: true,
      // A node whose share changes gives its bridge the new address.
      forceAddress: true,
      ipMasq: iptables,
      hairpinMode: true,
      ipam: {
        type: "host-local",
        ranges: [[{ subnet: podCidr }]],
        routes: [{ dst: "0.0.0.0/0" }],
        dataDir: ipamDir,
      },
    },
    ...(iptables ? [{ type: "portmap", capabilities: { portMappings: true } }] : []),
  ];
  return `${JSON.stringify({ cniVersion: "1.0.0", name: bridge, plugins }, null, 2)}\n`;
}
