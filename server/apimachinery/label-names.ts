/** How a label's key and value are spelt (upstream's IsQualifiedName and IsValidLabelValue), as sentences. */

const nameBytesMax = 63;
const prefixBytesMax = 253;
const namePattern = /^([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]$/;
const valuePattern = /^(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?$/;
const prefixPattern = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/;

const nameShape =
  "must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')";
const valueShape =
  "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used for validation is '(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')";
const prefixShape =
  "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')";

function prefixFaults(prefix: string): string[] {
  if (prefix === "") return ["prefix part must be non-empty"];
  const faults: string[] = [];
  if (prefix.length > prefixBytesMax) {
    faults.push(`prefix part must be no more than ${prefixBytesMax} bytes`);
  }
  if (!prefixPattern.test(prefix)) faults.push(`prefix part ${prefixShape}`);
  return faults;
}

/** Most of all names, by one look. */
const plainNamePattern = /^[A-Za-z0-9](?:[-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?$/;

/** What is wrong with a label key: empty when nothing is. */
export function labelKeyFaults(key: string): string[] {
  if (plainNamePattern.test(key)) return [];
  const parts = key.split("/");
  const name = parts[parts.length - 1] ?? "";
  const prefix = parts.length === 2 ? (parts[0] ?? "") : undefined;
  if (parts.length > 2) {
    return [
      `a valid label key ${nameShape} with an optional DNS subdomain prefix and '/' (e.g. 'example.com/MyName')`,
    ];
  }
  const faults = prefix === undefined ? [] : prefixFaults(prefix);
  if (name === "") faults.push("name part must be non-empty");
  else if (name.length > nameBytesMax) {
    faults.push(`name part must be no more than ${nameBytesMax} bytes`);
  }
  if (!namePattern.test(name)) faults.push(`name part ${nameShape}`);
  return faults;
}

/** What is wrong with a label value: empty when nothing is. */
export function labelValueFaults(value: string): string[] {
  if (value === "" || plainNamePattern.test(value)) return [];
  const faults: string[] = [];
  if (value.length > nameBytesMax) faults.push(`must be no more than ${nameBytesMax} bytes`);
  if (!valuePattern.test(value)) faults.push(valueShape);
  return faults;
}
