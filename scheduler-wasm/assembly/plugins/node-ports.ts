// NodePorts: a counter for each (protocol, port, address) in use; the class names those that conflict.
import { K_PORTS } from "../abi";
import { at32, counterOn, field } from "../tables";

export function refuses(cls: usize, node: i32): bool {
  const ports = field(cls, K_PORTS);
  const count = load<i32>(ports);
  for (let i = 1; i <= count; i++) if (counterOn(at32(ports, i), node) > 0) return true;
  return false;
}
