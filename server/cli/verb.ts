/** `kubun <verb>`: what one verb declares. Adding one: a file here and a line in registry.ts. */
import type { Compose } from "#cli/compose.ts";
import type { Logger } from "#telemetry/log.ts";

/** One option; `flags` in commander's form: `--port <number>`, `--merge-kubeconfig`. */
export interface Option {
  readonly flags: string;
  readonly describe: string;
  readonly fallback?: string | boolean | undefined;
  /** Environment variable that gives the value when the flag is absent. */
  readonly env?: string | undefined;
  readonly choices?: readonly string[] | undefined;
}

/** Values as typed by the user, by camel-cased flag name. */
export type OptionValues = Readonly<Record<string, string | boolean | undefined>>;

/** What a verb may touch of the world around it. */
export interface VerbContext {
  readonly options: OptionValues;
  readonly positionals: readonly string[];
  readonly compose: Compose;
  readonly logger: Logger;
  /** Home of the user, where the default data directory lies. */
  readonly home: string;
  /** Aborted on SIGINT and SIGTERM. */
  readonly signal: AbortSignal;
  /** An answer for the caller (stdout); `--output json` prints objects. */
  print(text: string): void;
  /** Progress for a person (stderr). */
  say(text: string): void;
}

export interface Verb {
  readonly name: string;
  readonly describe: string;
  readonly positionals?: string | undefined;
  readonly examples: readonly string[];
  readonly options: readonly Option[];
  /** The process's exit code. */
  run(context: VerbContext): Promise<number>;
}

/** A refusal of what the user typed or of what the machine lacks: a sentence, no stack. */
export class UsageError extends Error {
  override readonly name = "UsageError";
}

export function text(options: OptionValues, name: string): string {
  const value = options[name];
  return typeof value === "string" ? value : "";
}

export function integer(
  options: OptionValues,
  name: string,
  range: { min: number; max: number },
): number {
  const value = text(options, name);
  const parsed = Number(value);
  if (!/^\d+$/.test(value) || parsed < range.min || parsed > range.max) {
    throw new UsageError(
      `--${name}: "${value}" is not a whole number from ${range.min} to ${range.max}`,
    );
  }
  return parsed;
}
