/** `kubectl port-forward`, asked over HTTP until it answers, and stopped. */
import { spawn } from "node:child_process";
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
  const hear = (chunk: string): void => {
    said += chunk;
  };
  await waitFor(
    "an answer through the port",
    async () => {
      answer = await answerOf(() => spawn(kubectl, args, { env: { ...process.env, ...env } }), {
        path,
        hear,
      });
      return answer !== "";
    },
    () => said,
    millisecondsMax,
  );
  return answer;
}

/**
 * "" when it ended before there was an answer. A small server that closes at once may reset what it has not read: a
 * client asks again, and kubectl takes that for a lost connection and ends.
 */
async function answerOf(
  start: () => ReturnType<typeof spawn>,
  { path, hear }: { readonly path: string; readonly hear: (chunk: string) => void },
): Promise<string> {
  const child = start();
  let said = "";
  for (const stream of [child.stdout, child.stderr])
    stream?.on("data", (chunk: Buffer) => {
      said += chunk;
      hear(String(chunk));
    });
  const local = (): string | undefined => /127\.0\.0\.1:(\d+)/.exec(said)?.[1];
  const hasEnded = (): boolean => child.exitCode !== null;
  try {
    const open = () => local() !== undefined || hasEnded();
    await waitFor("port-forward", open, () => said, millisecondsMax);
    if (local() === undefined) throw new Error(said);
    let answer = "";
    const asked = async (): Promise<boolean> => {
      const got = fetch(`http://127.0.0.1:${local()}${path}`).then((response) => response.text());
      answer = await got.catch(() => "");
      return answer !== "" || hasEnded();
    };
    await waitFor("an answer", asked, () => said, millisecondsMax);
    return answer;
  } finally {
    child.kill();
  }
}
