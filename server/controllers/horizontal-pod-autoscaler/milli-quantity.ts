/** Quantities in upstream's messages. */
import { formatQuantity } from "#apimachinery/quantity.ts";

/** The quantity of so many thousandths; memory in binary notation, as metrics servers say it. */
export function milliQuantity(value: number, resource = ""): string {
  const format = resource === "memory" ? "BinarySI" : "DecimalSI";
  return formatQuantity({ unscaled: BigInt(value), scale: -3, format });
}
