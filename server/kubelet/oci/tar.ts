/** A tar archive (ustar) in memory: what an OCI layout and its layers need, no more. Pure. */
export interface TarEntry {
  /** Relative; up to 100 bytes. A directory ends with a slash. */
  readonly path: string;
  readonly data?: Uint8Array | undefined;
  readonly mode?: number | undefined;
  /** Makes it a symbolic link. */
  readonly linkTo?: string | undefined;
}

const blockBytes = 512;
const pathBytesMax = 100;
const encoder = new TextEncoder();

function typeOf({ path, linkTo }: TarEntry): "0" | "2" | "5" {
  if (linkTo !== undefined) return "2";
  return path.endsWith("/") ? "5" : "0";
}

function header(entry: TarEntry, size: number): Uint8Array {
  const block = new Uint8Array(blockBytes);
  const put = (offset: number, text: string): void => block.set(encoder.encode(text), offset);
  const octal = (value: number, digits: number): string => value.toString(8).padStart(digits, "0");
  const type = typeOf(entry);
  put(0, entry.path);
  put(100, octal(entry.mode ?? (type === "5" ? 0o755 : 0o644), 7));
  put(108, octal(0, 7));
  put(116, octal(0, 7));
  put(124, octal(size, 11));
  // Time zero: the same content gives the same bytes, and so the same digest.
  put(136, octal(0, 11));
  put(148, "        ");
  put(156, type);
  put(157, entry.linkTo ?? "");
  put(257, "ustar\u000000");
  const sum = block.reduce((total, byte) => total + byte, 0);
  put(148, `${octal(sum, 6)}\u0000 `);
  return block;
}

/** Throws when a path is too long for the format. */
export function tar(entries: readonly TarEntry[]): Uint8Array {
  const parts: Uint8Array[] = [];
  for (const entry of entries) {
    const long = encoder.encode(entry.path).length > pathBytesMax;
    if (long) throw new Error(`path too long for a tar archive: ${entry.path}`);
    const data = entry.data ?? new Uint8Array();
    parts.push(header(entry, data.length), data);
    const rest = data.length % blockBytes;
    if (rest > 0) parts.push(new Uint8Array(blockBytes - rest));
  }
  parts.push(new Uint8Array(2 * blockBytes));
  return Buffer.concat(parts);
}
