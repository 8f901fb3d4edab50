// NodeAffinity: nodeSelector and required terms refuse, preferred terms score.
import { K_ADDED_FILTER, K_FILTER, K_PREFERRED } from "../abi";
import { affinityWord, allOf, field } from "../tables";

/** Which of 64 nodes refuse the class. */
export function filter(cls: usize, block: i32): u64 {
  return ~affinityWord(field(cls, K_FILTER), block);
}

/** Those that the profile's addedAffinity refuses. */
export function addedFilter(cls: usize, block: i32): u64 {
  const added = field(cls, K_ADDED_FILTER);
  return added == 0 ? 0 : ~affinityWord(added, block);
}

/** Sum of the weights of the preferred terms that the node meets. */
export function raw(cls: usize, node: i32): i32 {
  let place = field(cls, K_PREFERRED);
  const terms = load<i32>(place);
  place += 4;
  let sum = 0;
  for (let i = 0; i < terms; i++) {
    const weight = load<i32>(place);
    const count = load<i32>(place, 4);
    if (count > 0 && (allOf(place + 4, node >> 6) >> (node & 63)) & 1) sum += weight;
    place += (<usize>(count + 2)) << 2;
  }
  return sum;
}

export function score(sum: i32, most: i32): i32 {
  return most == 0 ? 0 : (100 * sum) / most;
}
