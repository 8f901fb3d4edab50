/** CRI's log format: `<RFC 3339 nano> stdout|stderr F|P <text>`, a partial line goes on in the next. Pure. */
export interface LogLine {
  /** As it stands in the file. */
  readonly time: string;
  readonly stream: "stdout" | "stderr";
  readonly partial: boolean;
  readonly text: string;
}

const lineShape = /^(\S+) (stdout|stderr) ([FP])(?: (.*))?$/s;

/** undefined: not a line of this format. `line` without its newline. */
export function parseLogLine(line: string): LogLine | undefined {
  const match = lineShape.exec(line);
  if (match === null) return undefined;
  const [, time = "", stream, flag, text = ""] = match;
  return { time, stream: stream === "stderr" ? "stderr" : "stdout", partial: flag === "P", text };
}

export interface LogOptions {
  readonly timestamps: boolean;
  /** Milliseconds; lines before it are left out. */
  readonly since: number | undefined;
  readonly tailLines: number | undefined;
  readonly limitBytes: number | undefined;
  readonly stream: "stdout" | "stderr" | undefined;
}

export const wholeLog: LogOptions = {
  timestamps: false,
  since: undefined,
  tailLines: undefined,
  limitBytes: undefined,
  stream: undefined,
};

/** What the reader gets of a line; undefined: nothing. A partial line ends without a newline. */
export function renderLine(
  line: LogLine,
  options: LogOptions,
  begins: boolean,
): string | undefined {
  if (options.stream !== undefined && line.stream !== options.stream) return undefined;
  if (options.since !== undefined && Date.parse(line.time) < options.since) return undefined;
  const stamp = options.timestamps && begins ? `${line.time} ` : "";
  return `${stamp}${line.text}${line.partial ? "" : "\n"}`;
}

/** Cuts a stream of text at a number of bytes, in the middle of a line if need be. */
export class ByteLimit {
  #left: number;

  constructor(limitBytes: number | undefined) {
    this.#left = limitBytes ?? Number.POSITIVE_INFINITY;
  }

  get reached(): boolean {
    return this.#left <= 0;
  }

  take(bytes: Uint8Array): Uint8Array {
    const taken = bytes.length <= this.#left ? bytes : bytes.subarray(0, this.#left);
    this.#left -= taken.length;
    return taken;
  }
}
