// NodePorts: a counter for each (protocol, port, address) in use; the class names those that conflict.
import { K_PORTS } from "../abi";
import { at32, countedWord, counterOn, field } from "../tables";

/** Which of 64 nodes refuse the class. */
export function filter(cls: usize, block: i32): u64 {
  const ports = field(cls, K_PORTS);
  const count = load<i32>(ports);
  let taken: u64 = 0;
  for (let i = 1; i <= count; i++) taken |= countedWord(at32(ports, i), block);
  return taken;
}

export function refuses(cls: usize, node: i32): bool {
  const ports = field(cls, K_PORTS);
  const count = load<i32>(ports);
  for (let i = 1; i <= count; i++) if (counterOn(at32(ports, i), node) > 0) return true;
  return false;
}
