/** Where a webhook is reached: a URL, or a Service. */
import type { FieldChecks } from "#apimachinery/field-checks.ts";
import type { Path } from "#apimachinery/field-error.ts";
import { isDNS1123Subdomain, isPortNumber } from "#apimachinery/validate.ts";

export interface ServiceReference {
  readonly name?: string | undefined;
  readonly namespace?: string | undefined;
  readonly path?: string | undefined;
  readonly port?: number | undefined;
}

interface ClientConfig {
  readonly url?: string | undefined;
  readonly service?: ServiceReference | undefined;
}

export function validateClientConfig(
  checks: FieldChecks,
  { url, service }: ClientConfig,
  path: Path,
): void {
  if ((url === undefined) === (service === undefined))
    checks.required(path, "exactly one of url or service is required");
  else if (url !== undefined) validateURL(checks, url, path.child("url"));
  else if (service !== undefined)
    // Upstream takes the one for the other here: a missing name is said of the namespace.
    validateService(
      checks,
      { ...service, name: service.namespace, namespace: service.name },
      path.child("service"),
    );
}

const urlParts = /^(?:([a-zA-Z][-+.a-zA-Z0-9]*):)?(?:\/\/([^/?#]*))?([^?#]*)(\?[^#]*)?(#.*)?$/;
const form = "; desired format: https://host[/path]";

function validateURL(checks: FieldChecks, url: string, path: Path): void {
  const [, scheme = "", authority = "", , query = "", fragment = ""] = urlParts.exec(url) ?? [];
  // A control character or a space in the host is no URL to upstream's parser.
  const broken = [...url].some((character) => character < " ") || /[ <>"]/.test(authority);
  if (broken || /^[^/?#]*:/.test(url) !== (scheme !== "")) {
    checks.required(path, `url must be a valid URL${form}`);
    return;
  }
  if (scheme.toLowerCase() !== "https")
    checks.invalid(path, scheme, `'https' is the only allowed URL scheme${form}`);
  const host = authority.slice(authority.lastIndexOf("@") + 1);
  if (host === "") checks.invalid(path, host, `host must be specified${form}`);
  if (authority.includes("@"))
    checks.invalid(path, authority, "user information is not permitted in the URL");
  if (fragment.length > 1) checks.invalid(path, fragment, "fragments are not permitted in the URL");
  if (query.length > 1)
    checks.invalid(path, query, "query parameters are not permitted in the URL");
}

export function validateService(
  checks: FieldChecks,
  { name, namespace, path: urlPath, port = 0 }: ServiceReference,
  path: Path,
): void {
  checks.present(path.child("name"), name);
  checks.present(path.child("namespace"), namespace);
  const faults = isPortNumber(port);
  if (faults.length > 0)
    checks.invalid(path.child("port"), port, `port is not valid: ${faults.join(", ")}`);
  if (urlPath === undefined || urlPath === "" || urlPath === "/") return;
  const here = path.child("path");
  if (urlPath === "//") {
    checks.invalid(here, urlPath, "segment[0] may not be empty");
    return;
  }
  if (!urlPath.startsWith("/")) checks.invalid(here, urlPath, "must start with a '/'");
  const steps = urlPath.slice(1).replace(/\/$/, "").split("/");
  for (const [index, step] of steps.entries()) {
    const sentences = step === "" ? ["may not be empty"] : isDNS1123Subdomain(step);
    const colon = step === "" ? " " : ": ";
    for (const sentence of sentences)
      checks.invalid(here, urlPath, `segment[${index}]${colon}${sentence}`);
  }
}
