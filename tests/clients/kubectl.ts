/** One kubectl in one namespace. */
import { spawn } from "node:child_process";
import process from "node:process";
import type { KubeObject } from "#gen/api/meta/v1.ts";

interface Finished {
  readonly code: number;
  /** Both streams: kubectl says much of what matters on the second. */
  readonly out: string;
}

export class Kubectl {
  readonly path: string;
  readonly namespace: string;
  readonly #kubeconfig: () => string;

  constructor(path: string, namespace: string, kubeconfig: () => string) {
    this.path = path;
    this.namespace = namespace;
    this.#kubeconfig = kubeconfig;
  }

  get kubeconfig(): string {
    return this.#kubeconfig();
  }

  /** `editor`: what `edit` runs on the file. */
  run(args: string, input = "", editor = "true"): Promise<Finished> {
    const flags = ["--kubeconfig", this.kubeconfig, "--namespace", this.namespace];
    const child = spawn(this.path, [...flags, ...args.split(" ")], {
      env: { ...process.env, KUBE_EDITOR: editor },
      stdio: ["pipe", "pipe", "pipe"],
    });
    child.stdin.end(input);
    let out = "";
    for (const stream of [child.stdout, child.stderr]) {
      stream.on("data", (part: Buffer) => {
        out += part;
      });
    }
    return new Promise((resolve) => {
      child.on("close", (code) => resolve({ code: code ?? 1, out }));
    });
  }

  /** What it says, when it succeeds. */
  async says(args: string, input?: string, editor?: string): Promise<string> {
    const { code, out } = await this.run(args, input, editor);
    if (code !== 0) throw new Error(`kubectl ${args}: ${code}\n${out}`);
    return out;
  }

  async managers(): Promise<string[]> {
    const text = await this.says("get deployment web --show-managed-fields -o json");
    const { metadata }: KubeObject = JSON.parse(text);
    return (metadata.managedFields ?? []).map(
      ({ manager, operation }) => `${manager}/${operation}`,
    );
  }
}
