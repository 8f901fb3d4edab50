/** Which labels in Kubernetes' own domains a node may put on itself. */

const allowed: ReadonlySet<string> = new Set([
  "kubernetes.io/hostname",
  "kubernetes.io/arch",
  "kubernetes.io/os",
  "beta.kubernetes.io/arch",
  "beta.kubernetes.io/os",
  "beta.kubernetes.io/instance-type",
  "node.kubernetes.io/instance-type",
  "failure-domain.beta.kubernetes.io/region",
  "failure-domain.beta.kubernetes.io/zone",
  "failure-domain.kubernetes.io/zone",
  "failure-domain.kubernetes.io/region",
  "topology.kubernetes.io/region",
  "topology.kubernetes.io/zone",
]);
const allowedDomains = ["kubelet.kubernetes.io", "node.kubernetes.io"];

function domainOf(key: string): string {
  const slash = key.indexOf("/");
  return slash < 0 ? "" : key.slice(0, slash);
}

function inDomain(domain: string, parent: string): boolean {
  return domain === parent || domain.endsWith(`.${parent}`);
}

/** Changed labels that are not the node's to change. */
export function forbiddenLabels(
  labels: Readonly<Record<string, string>>,
  old: Readonly<Record<string, string>>,
): readonly string[] {
  const keys = new Set([...Object.keys(labels), ...Object.keys(old)]);
  return [...keys].filter((key) => {
    if (labels[key] === old[key]) return false;
    const domain = domainOf(key);
    if (inDomain(domain, "node-restriction.kubernetes.io")) return true;
    if (!inDomain(domain, "kubernetes.io") && !inDomain(domain, "k8s.io")) return false;
    if (allowed.has(key)) return false;
    return !allowedDomains.some((parent) => inDomain(domain, parent));
  });
}
