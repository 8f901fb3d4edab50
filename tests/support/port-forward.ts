/** `kubectl port-forward`, asked over HTTP until it answers, and stopped. */
import { spawn } from "node:child_process";
import { waitFor } from "./cluster.ts";

export async function throughPort(
  kubeconfig: string,
  /** With flags of its own where it needs some. */
  target: string | readonly string[],
  port: number,
  path = "/",
  env: Readonly<Record<string, string>> = {},
  kubectl = "kubectl",
): Promise<string> {
  const args = ["--kubeconfig", kubeconfig, "port-forward", ...[target].flat(), `:${port}`];
  const child = spawn(kubectl, args, { env: { ...process.env, ...env } });
  let said = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream.on("data", (chunk: Buffer) => {
      said += chunk;
    });
  }
  const local = (): string | undefined => /127\.0\.0\.1:(\d+)/.exec(said)?.[1];
  try {
    await waitFor(
      "port-forward",
      () => local() !== undefined || child.exitCode !== null,
      () => said,
      20_000,
    );
    if (local() === undefined) throw new Error(said);
    let answer = "";
    await waitFor(
      "an answer through the port",
      async () => {
        // A small server that closes at once may reset what it has not read; a client asks again.
        const asked = fetch(`http://127.0.0.1:${local()}${path}`).then((got) => got.text());
        answer = await asked.catch(() => "");
        return answer !== "";
      },
      () => said,
      20_000,
    );
    return answer;
  } finally {
    child.kill();
  }
}
