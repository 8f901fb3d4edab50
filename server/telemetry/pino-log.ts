/** Logger over pino: JSON lines, or one readable line an event. Logs go to stderr; stdout is for answers. */
import { Writable } from "node:stream";
import pino from "pino";
import type { Logger } from "#telemetry/log.ts";

export type LogFormat = "json" | "text";
export type LogLevel = "debug" | "info" | "warn" | "error";

interface Sink {
  write(line: string): unknown;
}

/** `12:00:00.000 WARN  message key=value`, for people. */
function textSink(sink: Sink): Writable {
  return new Writable({
    write(chunk, _encoding, done) {
      const { time, level, msg, ...fields } = JSON.parse(String(chunk));
      const pairs = Object.entries(fields).map(
        ([name, value]) => ` ${name}=${typeof value === "string" ? value : JSON.stringify(value)}`,
      );
      sink.write(
        `${String(time).slice(11, 23)} ${String(level).toUpperCase().padEnd(5)} ${msg}${pairs.join("")}\n`,
      );
      done();
    },
  });
}

export function pinoLogger(options: { format: LogFormat; level: LogLevel; sink: Sink }): Logger {
  const log = pino(
    {
      level: options.level,
      base: null,
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
    },
    options.format === "json" ? options.sink : textSink(options.sink),
  );
  return {
    debug: (message, fields) => log.debug(fields ?? {}, message),
    info: (message, fields) => log.info(fields ?? {}, message),
    warn: (message, fields) => log.warn(fields ?? {}, message),
    error: (message, fields) => log.error(fields ?? {}, message),
  };
}
