/** Provisioners and drivers with their parameters: classes of storage and of volume attributes. */
import { Buffer } from "node:buffer";
import { FieldChecks } from "#apimachinery/field-checks.ts";
import { type FieldError, type Path, tooLong } from "#apimachinery/field-error.ts";
import { isQualifiedName } from "#apimachinery/validate.ts";

const parametersMax = 512;
/** Names and values together. */
const bytesMax = 256 * 1024;

export function validateProvisioner(name: string, path: Path): FieldError[] {
  const checks = new FieldChecks();
  if (checks.present(path, name)) checks.each(path, name, isQualifiedName(name.toLowerCase()));
  return checks.errors;
}

export function validateParameters(
  parameters: Readonly<Record<string, string>>,
  path: Path,
): FieldError[] {
  const checks = new FieldChecks();
  const entries = Object.entries(parameters);
  if (entries.length > parametersMax) return [tooLong(path, parametersMax)];
  let bytes = 0;
  for (const [name, value] of entries) {
    if (name === "") checks.invalid(path, name, "field can not be empty.");
    bytes += Buffer.byteLength(name) + Buffer.byteLength(value);
  }
  if (bytes > bytesMax) checks.add([tooLong(path, bytesMax)]);
  return checks.errors;
}
