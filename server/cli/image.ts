import { readFile } from "node:fs/promises";
import process from "node:process";
import { buffer } from "node:stream/consumers";
import { messageOf } from "#apimachinery/error-message.ts";
import { dataDirectory } from "#cli/options.ts";
import { UsageError, type Verb, type VerbContext } from "#cli/verb.ts";
import { importImage } from "#kubelet/cri/containerd-process.ts";
import { listImages } from "#kubelet/cri/image-list.ts";
import { runtimeSocket } from "#kubelet/runtime-choice.ts";

export const image: Verb = {
  name: "image",
  describe: "bring images to this machine's node without a registry",
  positionals: "<action> [file...]",
  examples: [
    "image import web.tar",
    "image import -           # docker save web:1 | kubun image import -",
    "image list",
  ],
  options: [
    {
      flags: "--data-dir <directory>",
      describe: "of the node (default: ~/.kubun)",
      env: "KUBUN_DATA_DIR",
    },
  ],
  async run(context) {
    const [action, ...files] = context.positionals;
    if (action === "import" && files.length > 0) return bringIn(context, files);
    if (action === "list" && files.length === 0) return list(context);
    throw new UsageError("say: image import FILE… (- for standard input) or image list");
  },
};

async function socketOf(context: VerbContext): Promise<string> {
  const dataDir = dataDirectory(context);
  const socket = await runtimeSocket(dataDir);
  if (socket !== undefined) return socket;
  throw new UsageError(
    `no containerd runs for ${dataDir}: is the node up, is --data-dir right, is it simulated?`,
  );
}

async function bringIn(context: VerbContext, files: readonly string[]): Promise<number> {
  const socket = await socketOf(context);
  for (const file of files) {
    const archive = await (file === "-" ? buffer(process.stdin) : readFile(file)).catch(
      (error: unknown) => {
        throw new UsageError(String(error));
      },
    );
    const names = await importImage(socket, archive).catch((error: unknown) => {
      const why = messageOf(error);
      throw new UsageError(`${file} is no image archive (OCI layout or docker save): ${why}`);
    });
    for (const name of names) context.print(name);
  }
  return 0;
}

async function list(context: VerbContext): Promise<number> {
  const images = await listImages(await socketOf(context));
  if (context.options["output"] === "json") context.print(JSON.stringify(images));
  else for (const { names, id } of images) context.print(names.at(-1) ?? id);
  return 0;
}
