/** Test images without a registry: Debian's static busybox as an OCI archive. */
import { readFile } from "node:fs/promises";
import os from "node:os";
import { imageArchive } from "#kubelet/oci/image-archive.ts";
import type { TarEntry } from "#kubelet/oci/tar.ts";

export const busyboxImage = "kubun.test/busybox:1";
const busyboxPath = "/bin/busybox";

const applets = [
  ..."sh sleep echo cat ls nc httpd ping id env true false kill trap hostname mkdir touch".split(
    " ",
  ),
  ..."printf seq head tail wc grep sed awk date stat mount df ps ip nslookup od test tar rm cut tr md5sum dd wget mknod mkfifo".split(
    " ",
  ),
];

/** Throws when busybox-static is not installed. */
export async function busyboxArchive(name = busyboxImage): Promise<Uint8Array> {
  const data = await readFile(busyboxPath);
  const files: TarEntry[] = [
    { path: "bin/" },
    { path: "bin/busybox", data, mode: 0o755 },
    ...applets.map((applet) => ({ path: `bin/${applet}`, linkTo: "busybox" })),
    { path: "etc/" },
    { path: "etc/passwd", data: new TextEncoder().encode("root:x:0:0:root:/:/bin/sh\n") },
    { path: "tmp/", mode: 0o1777 },
  ];
  return imageArchive({
    name,
    architecture: os.arch() === "x64" ? "amd64" : os.arch(),
    files,
    command: ["sh"],
    env: ["PATH=/bin"],
  });
}
