/** Writes <out>/cri: protobuf-es messages and services of the container runtime interface. */
import { execFileSync } from "node:child_process";
import { mkdirSync } from "node:fs";
import { join } from "node:path";

export function generateCri(proto: string, out: string): void {
  const bin = join(proto, "../node_modules/.bin");
  const plugin = {
    local: join(bin, "protoc-gen-es"),
    out: join(out, "cri"),
    opt: ["target=ts", "import_extension=ts", "erasable_syntax=true"],
  };
  const template = {
    version: "v2",
    plugins: [plugin],
    inputs: [{ directory: join(proto, "cri") }],
  };
  mkdirSync(join(out, "cri"), { recursive: true });
  execFileSync(join(bin, "buf"), ["generate", "--template", JSON.stringify(template)], {
    cwd: proto,
    stdio: "inherit",
  });
}
