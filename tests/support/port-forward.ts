/** `kubectl port-forward`, asked over HTTP until it answers, and stopped. */
import { type ChildProcess, spawn } from "node:child_process";
import { waitFor } from "./cluster.ts";

const millisecondsMax = 20_000;

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
  let [answer, said] = ["", ""];
  const asked = async (): Promise<boolean> => {
    const child = spawn(kubectl, args, { env: { ...process.env, ...env } });
    said = "";
    for (const stream of [child.stdout, child.stderr])
      stream.on("data", (chunk: Buffer) => {
        said += chunk;
      });
    answer = await answerOf(child, path, () => said);
    return answer !== "";
  };
  await waitFor("an answer through the port", asked, () => said, millisecondsMax);
  return answer;
}

/**
 * "" when it ended before there was an answer. A small server that closes at once may reset what it has not read: a
 * client asks again, and kubectl takes that for a lost connection and ends.
 */
async function answerOf(child: ChildProcess, path: string, said: () => string): Promise<string> {
  const local = (): string | undefined => /127\.0\.0\.1:(\d+)/.exec(said())?.[1];
  const hasEnded = (): boolean => child.exitCode !== null;
  try {
    const open = () => local() !== undefined || hasEnded();
    await waitFor("port-forward", open, said, millisecondsMax);
    if (local() === undefined) throw new Error(said());
    let answer = "";
    const asked = async (): Promise<boolean> => {
      const got = fetch(`http://127.0.0.1:${local()}${path}`).then((response) => response.text());
      answer = await got.catch(() => "");
      return answer !== "" || hasEnded();
    };
    await waitFor("an answer", asked, said, millisecondsMax);
    return answer;
  } finally {
    child.kill();
  }
}
