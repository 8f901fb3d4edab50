/** Rarer shapes of words than those of validate.ts: wildcards, identifiers, domain-prefixed paths and keys. */
import { Buffer } from "node:buffer";
import { type FieldError, invalidValue, type Path, required } from "#apimachinery/field-error.ts";
import {
  invalidEach,
  isDNS1123Subdomain,
  isHTTPPath,
  maxLengthSentence,
  regexSentence,
  subdomainBytesMax,
} from "#apimachinery/validate.ts";

const label = "[a-z0-9]([-a-z0-9]*[a-z0-9])?";
const wildcard = `\\*\\.${label}(\\.${label})*`;
const wildcardPattern = new RegExp(`^${wildcard}$`);
const wildcardSentence =
  "a wildcard DNS-1123 subdomain must start with '*.', followed by a valid DNS subdomain, which must consist of lower case alphanumeric characters, '-' or '.' and end with an alphanumeric character";

export function isWildcardDNS1123Subdomain(value: string): string[] {
  const long = Buffer.byteLength(value) > subdomainBytesMax;
  const sentences = long ? [maxLengthSentence(subdomainBytesMax)] : [];
  if (wildcardPattern.test(value)) return sentences;
  return [...sentences, regexSentence(wildcardSentence, wildcard, "*.example.com")];
}

/** `acme.io/foo/bar`, as controllers and signers are named. */
export function validateDomainPrefixedPath(path: Path, value: string): FieldError[] {
  if (value === "") return [required(path, "")];
  const slash = value.indexOf("/");
  const host = value.slice(0, Math.max(slash, 0));
  const rest = value.slice(slash + 1);
  if (host === "" || rest === "")
    return [invalidValue(path, value, 'must be a domain-prefixed path (such as "acme.io/foo")')];
  return [
    ...invalidEach(path, host, isDNS1123Subdomain(host)),
    ...invalidEach(path, rest, isHTTPPath(rest)),
  ];
}
