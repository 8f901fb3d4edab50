/** The door to the WebAssembly module: loads it, checks its version, names its calls. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { assert } from "#apimachinery/assert.ts";
import { ABI_VERSION } from "#gen/scheduler-abi.ts";
import { Arena } from "./arena.ts";

/** Addresses and slots are numbers; see scheduler-wasm/assembly/index.ts for each call's contract. */
export interface CoreCalls {
  version(): number;
  schedule(batch: number, nodes: number, count: number): number;
  choose(cls: number, pin: number): number;
  sample(cls: number, order: number, from: number, wanted: number, found: number): number;
  apply(effects: number, node: number, sign: number): void;
  count(counter: number, node: number, delta: number): void;
  beforeNode(node: number): void;
  afterNode(node: number): void;
  aggregate(record: number): void;
  changes(): number;
  explain(cls: number): void;
  place(pod: number, node: number, sign: number): void;
  nominated(node: number): void;
  preempt(cls: number, pin: number): number;
}

export interface Core {
  readonly calls: CoreCalls;
  readonly arena: Arena;
}

const file = join(import.meta.dirname, "..", "..", "scheduler-wasm", "build", "scheduler.wasm");
let compiled: WebAssembly.Module | undefined;

function built(): WebAssembly.Module {
  compiled ??= new WebAssembly.Module(readFileSync(file));
  return compiled;
}

/** A fresh, empty arena. Throws when the module was not built or is of another version. */
export function openCore(module: WebAssembly.Module = built()): Core {
  const { exports } = new WebAssembly.Instance(module, {});
  // What a module exports is only known by its version, which is checked right here.
  const calls = exports as unknown as CoreCalls & { readonly memory: WebAssembly.Memory };
  assert(calls.version() === ABI_VERSION, `scheduler.wasm speaks ABI ${ABI_VERSION}`);
  return { calls, arena: new Arena(calls.memory) };
}
