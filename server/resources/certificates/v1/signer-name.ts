/** Names of signers: a domain and a path, `kubernetes.io/kubelet-serving`. */
import type { FieldChecks } from "#apimachinery/field-checks.ts";
import { type Path, tooLong } from "#apimachinery/field-error.ts";
import { isDNS1123Label, isDNS1123Subdomain } from "#apimachinery/validate.ts";

const nameBytesMax = 571;
const domainBytesMax = 253;

export function signerName(checks: FieldChecks, path: Path, name: string | undefined): void {
  if (!checks.present(path, name) || name === undefined) return;
  const segments = name.split("/");
  if (segments.length !== 2) {
    checks.invalid(
      path,
      name,
      "must be a fully qualified domain and path of the form 'example.com/signer-name'",
    );
    return;
  }
  const [domain = "", tail = ""] = segments;
  checks.each(path, domain, isDNS1123Subdomain(domain));
  if (domain.length > domainBytesMax) checks.add([tooLong(path, domainBytesMax)]);
  if (domain.split(".").length < 2)
    checks.invalid(path, domain, "should be a domain with at least two segments separated by dots");
  for (const part of tail.split(".")) {
    if (isDNS1123Label(part).length > 0) {
      checks.invalid(path, part, `validating label "${part}": must be a DNS label`);
      break;
    }
  }
  if (name.length > nameBytesMax) checks.add([tooLong(path, nameBytesMax)]);
}
