/** An OCI image as a tar of its layout, ready to be imported: one layer, one platform. */
import { createHash } from "node:crypto";
import { type TarEntry, tar } from "./tar.ts";

export interface ImageParts {
  /** Fully qualified: `kubun.local/pause:1`. */
  readonly name: string;
  /** `amd64`, `arm64`. */
  readonly architecture: string;
  readonly files: readonly TarEntry[];
  readonly entrypoint?: readonly string[] | undefined;
  readonly command?: readonly string[] | undefined;
  readonly env?: readonly string[] | undefined;
  /** `65535:65535`; absent: root. */
  readonly user?: string | undefined;
}

interface Descriptor {
  readonly mediaType: string;
  readonly digest: string;
  readonly size: number;
}

const prefix = "application/vnd.oci.image";
const sha256 = (bytes: Uint8Array): string => createHash("sha256").update(bytes).digest("hex");
const json = (value: unknown): Uint8Array => new TextEncoder().encode(JSON.stringify(value));

export function imageArchive(parts: ImageParts): Uint8Array {
  const blobs: TarEntry[] = [];
  const blob = (mediaType: string, data: Uint8Array): Descriptor => {
    const hash = sha256(data);
    blobs.push({ path: `blobs/sha256/${hash}`, data });
    return { mediaType, digest: `sha256:${hash}`, size: data.length };
  };
  const layer = blob(`${prefix}.layer.v1.tar`, tar(parts.files));
  const config = blob(
    `${prefix}.config.v1+json`,
    json({
      architecture: parts.architecture,
      os: "linux",
      config: {
        ...(parts.entrypoint === undefined ? {} : { Entrypoint: parts.entrypoint }),
        ...(parts.command === undefined ? {} : { Cmd: parts.command }),
        ...(parts.env === undefined ? {} : { Env: parts.env }),
        ...(parts.user === undefined ? {} : { User: parts.user }),
      },
      rootfs: { type: "layers", diff_ids: [layer.digest] },
    }),
  );
  const mediaType = `${prefix}.manifest.v1+json`;
  const manifest = blob(mediaType, json({ schemaVersion: 2, mediaType, config, layers: [layer] }));
  const annotations = {
    "io.containerd.image.name": parts.name,
    "org.opencontainers.image.ref.name": parts.name.split(":").at(-1) ?? "",
  };
  const platform = { architecture: parts.architecture, os: "linux" };
  const index = json({ schemaVersion: 2, manifests: [{ ...manifest, platform, annotations }] });
  return tar([
    { path: "oci-layout", data: json({ imageLayoutVersion: "1.0.0" }) },
    { path: "index.json", data: index },
    { path: "blobs/" },
    { path: "blobs/sha256/" },
    ...blobs,
  ]);
}
