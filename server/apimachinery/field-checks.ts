/** A growing list of what is wrong, with the checks that every validation makes. */
import {
  duplicate,
  type FieldError,
  forbiddenField,
  invalidValue,
  notSupported,
  type Path,
  required,
} from "./field-error.ts";
import { quantitySign } from "./quantity.ts";
import { isDNS1123Label, isDNS1123Subdomain, negativeSentence } from "./validate.ts";

export class FieldChecks {
  readonly errors: FieldError[];
  readonly #isDeclared: boolean;

  constructor(into: { readonly errors?: FieldError[]; readonly isDeclared?: boolean } = {}) {
    this.errors = into.errors ?? [];
    this.#isDeclared = into.isDeclared ?? false;
  }

  /** The same list, for what upstream declares at the type. */
  get declared(): FieldChecks {
    return new FieldChecks({ errors: this.errors, isDeclared: true });
  }

  add(errors: readonly FieldError[]): void {
    if (errors.length > 0) this.errors.push(...errors.map((error) => this.#marked(error)));
  }

  #marked(error: FieldError): FieldError {
    return this.#isDeclared ? { ...error, isDeclared: true } : error;
  }

  required(path: Path, detail = ""): void {
    this.add([required(path, detail)]);
  }

  invalid(path: Path, value: unknown, detail: string): void {
    this.add([invalidValue(path, value, detail)]);
  }

  forbidden(path: Path, detail: string): void {
    this.add([forbiddenField(path, detail)]);
  }

  duplicate(path: Path, value: unknown, detail?: string): void {
    this.add([duplicate(path, value, detail)]);
  }

  /** One FieldValueInvalid a sentence. */
  each(path: Path, value: unknown, sentences: readonly string[]): void {
    for (const sentence of sentences) this.invalid(path, value, sentence);
  }

  /** Text must be there; true when it is. */
  present(path: Path, value: string | undefined, detail = ""): boolean {
    if (value !== undefined && value !== "") return true;
    this.required(path, detail);
    return false;
  }

  /** One of a closed set; empty text is no member unless listed. */
  oneOf(
    path: Path,
    value: string | undefined,
    allowed: readonly string[],
    order: "sorted" | "as given" = "sorted",
  ): void {
    if (!allowed.includes(value ?? "")) this.add([notSupported(path, value ?? "", allowed, order)]);
  }

  /** Required, then one of a closed set. */
  presentOneOf(
    path: Path,
    value: string | undefined,
    allowed: readonly string[],
    order: "sorted" | "as given" = "sorted",
  ): void {
    if (this.present(path, value)) this.oneOf(path, value, allowed, order);
  }

  /** A DNS label where given. */
  label(path: Path, value: string | undefined): void {
    if (value !== undefined) this.each(path, value, isDNS1123Label(value));
  }

  subdomain(path: Path, value: string | undefined): void {
    if (value !== undefined) this.each(path, value, isDNS1123Subdomain(value));
  }

  /** Required and a DNS label. */
  presentLabel(path: Path, value: string | undefined): void {
    if (this.present(path, value)) this.label(path, value);
  }

  presentSubdomain(path: Path, value: string | undefined): void {
    if (this.present(path, value)) this.subdomain(path, value);
  }

  notNegative(path: Path, value: number | undefined): void {
    if (value !== undefined && value < 0) this.invalid(path, value, negativeSentence);
  }

  positive(path: Path, value: number): void {
    if (value <= 0) this.invalid(path, value, "must be greater than zero");
  }

  /** Within bounds, both included; absent is fine. */
  between(path: Path, value: number | undefined, [low, high]: readonly [number, number]): void {
    if (value !== undefined && (value < low || value > high))
      this.invalid(path, value, `must be between ${low} and ${high}, inclusive`);
  }

  notNegativeQuantity(path: Path, text: string): void {
    if (quantitySign(text) < 0) this.invalid(path, text, negativeSentence);
  }

  positiveQuantity(path: Path, text: string): boolean {
    if (quantitySign(text) > 0) return true;
    this.invalid(path, text, "must be greater than zero");
    return false;
  }
}
