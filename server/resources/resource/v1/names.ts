/** Names in device claims and slices. */
import type { FieldChecks } from "#apimachinery/field-checks.ts";
import { type Path, tooLong, tooMany } from "#apimachinery/field-error.ts";
import { isDNS1123Label, isDNS1123Subdomain } from "#apimachinery/validate.ts";
import { csiDriverName } from "#resources/core/v1/pod-spec/validate-volumes.ts";

const identifier = /^[A-Za-z_][A-Za-z0-9_]*$/;
const identifierBytesMax = 32;
const poolBytesMax = 253;

/** Upstream names drivers of devices as it does those of volumes. */
export const driverName = csiDriverName;

export function deviceName(checks: FieldChecks, path: Path, name: string): void {
  checks.each(path, name, isDNS1123Label(name));
}

export function poolName(checks: FieldChecks, path: Path, name: string): void {
  if (!checks.present(path, name)) return;
  if (name.length > poolBytesMax) checks.add([tooLong(path, poolBytesMax)]);
  for (const part of name.split("/")) checks.each(path, part, isDNS1123Subdomain(part));
}

/** `model` or `dra.example.com/model`. */
export function qualifiedName(checks: FieldChecks, path: Path, name: string): void {
  const parts = name.split("/");
  if (parts.length > 2) return;
  const [last = "", domain] = parts.reverse();
  if (domain === "") checks.invalid(path, "", "the domain must not be empty");
  else if (domain !== undefined) driverName(checks, path, domain);
  if (last === "" && domain !== undefined) checks.invalid(path, "", "the name must not be empty");
  else if (last.length > identifierBytesMax) checks.add([tooLong(path, identifierBytesMax)]);
  else if (!identifier.test(last))
    checks.invalid(
      path,
      last,
      "a valid C identifier must start with alphabetic character or '_', followed by a string of alphanumeric characters or '_' (e.g. 'my_name',  or 'MY_NAME',  or 'MyName', regex used for validation is '[A-Za-z_][A-Za-z0-9_]*')",
    );
}

export function fullyQualifiedName(checks: FieldChecks, path: Path, name: string): void {
  qualifiedName(checks, path, name);
  if (!name.includes("/"))
    checks.invalid(
      path,
      name,
      "a fully qualified name must be a domain and a name separated by a slash",
    );
}

/** Each key once, no more than so many: what a list that is a set obeys. */
export function setOf<T>(
  checks: FieldChecks,
  items: readonly T[],
  {
    path,
    max,
    keyOf,
    each,
  }: {
    readonly path: Path;
    readonly max: number;
    keyOf(item: T): string;
    each(item: T, path: Path): void;
  },
): void {
  if (items.length > max) {
    checks.add([tooMany(path, items.length, max)]);
    return;
  }
  const seen = new Set<string>();
  for (const [index, item] of items.entries()) {
    const key = keyOf(item);
    if (seen.has(key)) checks.duplicate(path.index(index), key);
    seen.add(key);
    each(item, path.index(index));
  }
}
