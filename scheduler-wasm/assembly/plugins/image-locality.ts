// ImageLocality: bytes of the pod's images that the node has, scaled by how many nodes have them.
import { H_IMAGES, H_NODES, HEADER, K_CONTAINERS, K_IMAGES } from "../abi";
import { at32, field, header, setHas } from "../tables";

const MiB: f64 = 1048576;
const LOW: f64 = 23 * MiB;
const HIGH: f64 = 1000 * MiB;

export function score(cls: usize, node: i32): i32 {
  const images = field(cls, K_IMAGES);
  const count = load<i32>(images);
  if (count == 0) return 0;
  const nodes = <f64>load<i32>(HEADER + H_NODES);
  let sum: f64 = 0;
  for (let i = 1; i <= count; i++) {
    const image = header(H_IMAGES) + ((<usize>at32(images, i)) << 4);
    if (!setHas(load<i32>(image), node)) continue;
    sum += Math.floor(load<f64>(image, 8) * (<f64>load<i32>(image, 4) / nodes));
  }
  const high = HIGH * <f64>load<i32>(cls, K_CONTAINERS);
  const clamped = Math.min(Math.max(sum, LOW), high);
  return <i32>Math.floor((100 * (clamped - LOW)) / (high - LOW));
}

/** Does some node hold one of the class's images? Otherwise none scores. */
export function scores(cls: usize): bool {
  const images = field(cls, K_IMAGES);
  const count = load<i32>(images);
  for (let i = 1; i <= count; i++) {
    if (load<i32>(header(H_IMAGES) + ((<usize>at32(images, i)) << 4), 4) > 0) return true;
  }
  return false;
}
