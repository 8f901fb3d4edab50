// NodeResourcesBalancedAllocation, as since 1.36: how much the pod betters the balance of cpu and memory.
import { K_CPU, K_MEMORY } from "../abi";
import { allocatable, at64, used } from "../tables";

function balance(cpuHas: f64, cpuUsed: f64, memoryHas: f64, memoryUsed: f64): i32 {
  if (cpuHas <= 0 || memoryHas <= 0) return 100;
  const cpu = Math.min(1, cpuUsed / cpuHas);
  const memory = Math.min(1, memoryUsed / memoryHas);
  return <i32>((1 - Math.abs((cpu - memory) / 2)) * 100);
}

export function score(cls: usize, node: i32): i32 {
  const cpu = load<f64>(cls, K_CPU);
  const memory = load<f64>(cls, K_MEMORY);
  if (cpu == 0 && memory == 0) return 0;
  const cpuHas = at64(allocatable(0), node);
  const cpuUsed = at64(used(0), node);
  const memoryHas = at64(allocatable(1), node);
  const memoryUsed = at64(used(1), node);
  const after = balance(cpuHas, cpuUsed + cpu, memoryHas, memoryUsed + memory);
  const before = balance(cpuHas, cpuUsed, memoryHas, memoryUsed);
  return 50 + (50 + after - before) / 2;
}
