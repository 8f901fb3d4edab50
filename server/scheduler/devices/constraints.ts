/** matchAttribute and distinctAttribute of a claim, kept up while its devices are chosen and given back. */
import type { Device, DeviceAttribute, DeviceConstraint } from "#gen/api/resource/v1.ts";

/** Equal for equal values of the same type; undefined: the device does not say, or says a list. */
function attributeOf(device: Device, driver: string, name: string): string | undefined {
  const { attributes = {} } = device;
  const slash = name.indexOf("/");
  const own = name.slice(0, slash) === driver ? attributes[name.slice(slash + 1)] : undefined;
  const found: DeviceAttribute | undefined = attributes[name] ?? own;
  if (found === undefined) return undefined;
  if (found.string !== undefined) return `string ${found.string}`;
  if (found.int !== undefined) return `int ${found.int}`;
  if (found.bool !== undefined) return `bool ${found.bool}`;
  return found.version === undefined ? undefined : `version ${found.version}`;
}

export class Constraint {
  readonly #spec: DeviceConstraint;
  readonly #chosen: string[] = [];

  constructor(spec: DeviceConstraint) {
    this.#spec = spec;
  }

  /** `names`: of the request, and of its alternative with it. */
  #concerns(names: readonly string[]): boolean {
    const { requests = [] } = this.#spec;
    return requests.length === 0 || names.some((name) => requests.includes(name));
  }

  /** Takes the device in; false: it does not go with those before. */
  add(names: readonly string[], driver: string, device: Device): boolean {
    if (!this.#concerns(names)) return true;
    const { matchAttribute, distinctAttribute = "" } = this.#spec;
    const value = attributeOf(device, driver, matchAttribute ?? distinctAttribute);
    if (value === undefined) return false;
    const [first] = this.#chosen;
    const fits =
      matchAttribute === undefined
        ? !this.#chosen.includes(value)
        : first === undefined || first === value;
    if (fits) this.#chosen.push(value);
    return fits;
  }

  /** The last that was added and not removed. */
  remove(names: readonly string[]): void {
    if (this.#concerns(names)) this.#chosen.pop();
  }
}
