/** How bundles of trust are called: those of a signer begin with its name. */
import { isDNS1123Subdomain } from "#apimachinery/validate.ts";

/** `signer` is "" for a bundle of nobody. */
export function trustBundleNameFaults(name: string, signer: string): readonly string[] {
  if (signer === "")
    return name.includes(":")
      ? ['ClusterTrustBundle without signer name must not have ":" in its name']
      : isDNS1123Subdomain(name);
  const prefix = `${signer.replaceAll("/", ":")}:`;
  if (name.startsWith(prefix)) return isDNS1123Subdomain(name.slice(prefix.length));
  return [`ClusterTrustBundle for signerName ${signer} must be named with prefix ${prefix}`];
}

/** The signer that a name begins with, "" where there is none: `example.com:x:name` is of example.com/x. */
export function signerIn(name: string): string {
  const end = name.lastIndexOf(":");
  return end < 0 ? "" : name.slice(0, end).replaceAll(":", "/");
}
