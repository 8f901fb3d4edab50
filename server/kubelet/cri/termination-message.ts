/** A container's last words: the file that it wrote, or the end of its log. */
import { open, readFile } from "node:fs/promises";
import type { ContainerStatus } from "#gen/cri/runtime/v1/api_pb.ts";
import { terminationAnnotation, terminationPolicyAnnotation } from "#kubelet/container-config.ts";
import { tailOffset } from "#kubelet/logs/log-file.ts";
import { parseLogLine, renderLine, wholeLog } from "#kubelet/logs/log-line.ts";

/** Upstream's bounds: 4 KiB of a message; 2 KiB or 80 lines of a log. */
const messageBytesMax = 4096;
const logBytesMax = 2048;
const logLinesMax = 80;

/** Empty when there is none. */
export async function terminationMessage(status: ContainerStatus): Promise<string> {
  const path = status.annotations[terminationAnnotation];
  const mount = status.mounts.find(({ containerPath }) => containerPath === path);
  const written = mount === undefined ? "" : await head(mount.hostPath);
  if (written !== "") return written;
  const fromLog = status.annotations[terminationPolicyAnnotation] === "FallbackToLogsOnError";
  if (!fromLog || status.exitCode === 0) return "";
  return logTail(status.logPath);
}

async function head(path: string): Promise<string> {
  const bytes = await readFile(path).catch(() => Buffer.alloc(0));
  return bytes.subarray(0, messageBytesMax).toString("utf8");
}

async function logTail(path: string): Promise<string> {
  const file = await open(path, "r").catch(() => undefined);
  if (file === undefined) return "";
  try {
    const { size } = await file.stat();
    const begin = await tailOffset(file, logLinesMax, size);
    const buffer = Buffer.alloc(size - begin);
    await file.read(buffer, 0, buffer.length, begin);
    const lines = buffer.toString("utf8").split("\n").map(parseLogLine);
    const text = lines
      .map((line) => (line === undefined ? "" : (renderLine(line, wholeLog, false) ?? "")))
      .join("");
    return text.slice(-logBytesMax);
  } finally {
    await file.close();
  }
}
