/**
 * How names, labels and other words must look: each check returns upstream's sentences, none when all is well.
 */

import { meansTheSame } from "#apimachinery/deep-equal.ts";
import {
  type FieldError,
  immutableSentence,
  invalidValue,
  type Path,
} from "#apimachinery/field-error.ts";
import { alignAmounts } from "./resource-list.ts";

export const byteLength = (value: string): number => Buffer.byteLength(value);
/** In UTF-8, where no character takes more than three bytes a unit: what is short is not counted. */
export const isLonger = (value: string, bytesMax: number): boolean =>
  value.length * 3 > bytesMax && byteLength(value) > bytesMax;

export function maxLengthSentence(length: number): string {
  return `must be no more than ${length} characters`;
}

/** What upstream's newer checks, those of labels, say of the same. */
const maxBytesSentence = (length: number): string => `must be no more than ${length} bytes`;

export function rangeSentence(low: number, high: number): string {
  return `must be between ${low} and ${high}, inclusive`;
}

export function regexSentence(what: string, shape: string, ...examples: readonly string[]): string {
  if (examples.length === 0) return `${what} (regex used for validation is '${shape}')`;
  const shown = examples.map((example) => `'${example}', `).join(" or ");
  return `${what} (e.g. ${shown}regex used for validation is '${shape}')`;
}

const label = "[a-z0-9]([-a-z0-9]*[a-z0-9])?";
const labelPattern = new RegExp(`^${label}$`);
const subdomain = `${label}(\\.${label})*`;
const subdomainPattern = new RegExp(`^${subdomain}$`);
const underscoreLabel = "_?[a-z0-9]([-_a-z0-9]*[a-z0-9])?";
const underscoreSubdomain = `${underscoreLabel}(\\.${underscoreLabel})*`;
const underscorePattern = new RegExp(`^${underscoreSubdomain}$`);

export const labelBytesMax = 63;
export const subdomainBytesMax = 253;

const labelSentence =
  "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character";
const subdomainSentence =
  "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character";
const underscoreSentence =
  "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '_', '-' or '.', and must start and end with an alphanumeric character";

export function isDNS1123Label(value: string): string[] {
  const sentences: string[] = [];
  if (isLonger(value, labelBytesMax)) sentences.push(maxLengthSentence(labelBytesMax));
  if (labelPattern.test(value)) return sentences;
  const dotted = subdomainPattern.test(value);
  const shape = regexSentence(labelSentence, label, "my-name", "123-abc");
  return [...sentences, dotted ? "must not contain dots" : shape];
}

export function isDNS1123Subdomain(value: string): string[] {
  const sentences: string[] = [];
  if (isLonger(value, subdomainBytesMax)) sentences.push(maxLengthSentence(subdomainBytesMax));
  if (subdomainPattern.test(value)) return sentences;
  return [...sentences, regexSentence(subdomainSentence, subdomain, "example.com")];
}

export function isDNS1123SubdomainWithUnderscore(value: string): string[] {
  const sentences: string[] = [];
  if (isLonger(value, subdomainBytesMax)) sentences.push(maxLengthSentence(subdomainBytesMax));
  if (underscorePattern.test(value)) return sentences;
  return [...sentences, regexSentence(underscoreSentence, underscoreSubdomain, "example.com")];
}

const dns1035 = "[a-z]([-a-z0-9]*[a-z0-9])?";
const dns1035Pattern = new RegExp(`^${dns1035}$`);
const dns1035Sentence =
  "a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an alphabetic character, and end with an alphanumeric character";

export function isDNS1035Label(value: string): string[] {
  const sentences: string[] = [];
  if (isLonger(value, labelBytesMax)) sentences.push(maxLengthSentence(labelBytesMax));
  if (dns1035Pattern.test(value)) return sentences;
  return [...sentences, regexSentence(dns1035Sentence, dns1035, "my-name", "abc-123")];
}

const key = "([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]";
const keyPattern = new RegExp(`^${key}$`);
const keySentence =
  "must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character";
const keyShape = (prefix: string): string =>
  regexSentence(`${prefix}${keySentence}`, key, "MyName", "my.name", "123-abc");

/** Most of all names, by one look. */
export const plainNamePattern = /^[A-Za-z0-9](?:[-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?$/;

/** The prefix that was judged last and is one: of a hundred labels most have the same. */
let knownPrefix = "example.com";

function isPlainQualifiedName(value: string): boolean {
  const slash = value.indexOf("/");
  if (slash < 0) return plainNamePattern.test(value);
  const prefix = value.slice(0, slash);
  if (prefix !== knownPrefix) {
    if (prefixSentences(prefix).length > 0) return false;
    knownPrefix = prefix;
  }
  return plainNamePattern.test(value.slice(slash + 1));
}

/** `name` or `example.com/name`: keys of labels and annotations, finalizers, resource names. */
export function isQualifiedName(value: string): string[] {
  if (isPlainQualifiedName(value)) return [];
  const parts = value.split("/");
  if (parts.length > 2)
    return [
      `${keyShape("a valid label key ")} with an optional DNS subdomain prefix and '/' (e.g. 'example.com/MyName')`,
    ];
  const name = parts.at(-1) ?? "";
  const sentences = parts.length === 2 ? prefixSentences(parts[0] ?? "") : [];
  if (name === "") sentences.push("name part must be non-empty");
  else if (isLonger(name, labelBytesMax))
    sentences.push(`name part ${maxBytesSentence(labelBytesMax)}`);
  if (!keyPattern.test(name)) sentences.push(keyShape("name part "));
  return sentences;
}

function prefixSentences(prefix: string): string[] {
  if (prefix === "") return ["prefix part must be non-empty"];
  const tooLong = maxLengthSentence(subdomainBytesMax);
  return isDNS1123Subdomain(prefix).map(
    (sentence) =>
      `prefix part ${sentence === tooLong ? maxBytesSentence(subdomainBytesMax) : sentence}`,
  );
}

const labelValue = `(${key})?`;
const labelValuePattern = new RegExp(`^${labelValue}$`);
const labelValueSentence =
  "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character";

export function isLabelValue(value: string): string[] {
  if (value === "" || plainNamePattern.test(value)) return [];
  const sentences: string[] = [];
  if (isLonger(value, labelBytesMax)) sentences.push(maxBytesSentence(labelBytesMax));
  if (labelValuePattern.test(value)) return sentences;
  const examples = ["MyValue", "my_value", "12345"];
  return [...sentences, regexSentence(labelValueSentence, labelValue, ...examples)];
}

/** A name that is one segment of a URL path. */
export function isPathSegmentName(name: string): string[] {
  if (name === "." || name === "..") return [`may not be '${name}'`];
  return isPathSegmentPrefix(name);
}

/** What such a name may begin with. */
export function isPathSegmentPrefix(name: string): string[] {
  return ["/", "%"]
    .filter((character) => name.includes(character))
    .map((character) => `may not contain '${character}'`);
}

export function isPortNumber(port: number): string[] {
  return isInRange(port, 1, 65535);
}

export function isInRange(value: number, low: number, high: number): string[] {
  return value >= low && value <= high ? [] : [rangeSentence(low, high)];
}

/** User and group ids. */
export function isUnixId(id: number): string[] {
  return isInRange(id, 0, 2 ** 31 - 1);
}

export function isPortName(name: string): string[] {
  const sentences: string[] = [];
  if (isLonger(name, 15)) sentences.push(maxLengthSentence(15));
  if (!/^[-a-z0-9]+$/.test(name))
    sentences.push("must contain only alpha-numeric characters (a-z, 0-9), and hyphens (-)");
  if (!/[a-z]/.test(name)) sentences.push("must contain at least one letter (a-z)");
  if (name.includes("--")) sentences.push("must not contain consecutive hyphens");
  if (name.startsWith("-") || name.endsWith("-"))
    sentences.push("must not begin or end with a hyphen");
  return sentences;
}

export function isPercent(value: string): string[] {
  if (/^[0-9]+%$/.test(value)) return [];
  const what = "a valid percent string must be a numeric string followed by an ending '%'";
  return [regexSentence(what, "[0-9]+%", "1%", "93%")];
}

export function isHTTPHeaderName(value: string): string[] {
  if (/^[-A-Za-z0-9]+$/.test(value)) return [];
  const what = "a valid HTTP header must consist of alphanumeric characters or '-'";
  return [regexSentence(what, "[-A-Za-z0-9]+", "X-Header-Name")];
}

/** Any printable ASCII but `=`. */
export function isEnvVarName(value: string): string[] {
  if (value === "") return ["environment variable name must be non-empty"];
  if (/^[ -<>-~]+$/.test(value)) return [];
  return [
    "a valid environment variable name must consist only of printable ASCII characters other than '='",
  ];
}

/** A key of a ConfigMap or Secret, which becomes a file name. */
export function isConfigMapKey(value: string): string[] {
  const sentences: string[] = [];
  if (isLonger(value, subdomainBytesMax)) sentences.push(maxLengthSentence(subdomainBytesMax));
  if (!/^[-._a-zA-Z0-9]+$/.test(value)) {
    const what = "a valid config key must consist of alphanumeric characters, '-', '_' or '.'";
    sentences.push(regexSentence(what, "[-._a-zA-Z0-9]+", "key.name", "KEY_NAME", "key-name"));
  }
  if (value === "." || value === "..") sentences.push(`must not be '${value}'`);
  else if (value.startsWith("..")) sentences.push("must not start with '..'");
  return sentences;
}

const pathCharacters = "[A-Za-z0-9/\\-._~%!$&'()*+,;=:]+";
const pathPattern = new RegExp(`^${pathCharacters}$`);

/** The path of a URL, without its first slash. */
export function isHTTPPath(value: string): string[] {
  return pathPattern.test(value) ? [] : [regexSentence("Invalid path", pathCharacters)];
}

export const negativeSentence = "must be greater than or equal to 0";

/** One FieldValueInvalid a sentence. */
export function invalidEach(
  path: Path,
  value: unknown,
  sentences: readonly string[],
): FieldError[] {
  return sentences.length === 0
    ? []
    : sentences.map((sentence) => invalidValue(path, value, sentence));
}

/** As upstream's declared rules refuse it: without the value. */
export const validateDeclaredImmutable = (value: unknown, old: unknown, path: Path): FieldError[] =>
  validateImmutable(value, old, path).map(() => ({
    ...invalidValue(path, null, immutableSentence),
    isDeclared: true,
  }));

/** A field that no update may change; absent and empty text are the same. */
export function validateImmutable(value: unknown, old: unknown, path: Path): FieldError[] {
  const given = value === "" ? undefined : value;
  if (meansTheSame(given, old === "" ? undefined : old)) return [];
  if (meansTheSame(alignAmounts(given, old), old)) return [];
  return [invalidValue(path, value, immutableSentence)];
}
