/** The only reader of argv and environment: a verb and its frozen option values. */
import { homedir } from "node:os";
import process from "node:process";
import { Command, Option as CommanderOption } from "commander";
import { verbs } from "#cli/registry.ts";
import type { Option, OptionValues, Verb } from "#cli/verb.ts";
import type { LogFormat, LogLevel } from "#telemetry/pino-log.ts";

export interface Config {
  readonly verb: Verb;
  readonly options: OptionValues;
  readonly positionals: readonly string[];
  readonly logFormat: LogFormat;
  readonly logLevel: LogLevel;
  readonly home: string;
}

const logOptions: readonly Option[] = [
  {
    flags: "--log-format <format>",
    describe: "of the log on stderr",
    fallback: "text",
    choices: ["json", "text"],
    env: "KUBUN_LOG_FORMAT",
  },
  {
    flags: "--log-level <level>",
    describe: "lowest level logged",
    fallback: "warn",
    choices: ["debug", "info", "warn", "error"],
    env: "KUBUN_LOG_LEVEL",
  },
  {
    flags: "--output <format>",
    describe: "of answers on stdout",
    fallback: "text",
    choices: ["json", "text"],
  },
];

function commanderOption(option: Option): CommanderOption {
  const built = new CommanderOption(option.flags, option.describe);
  if (option.fallback !== undefined) built.default(option.fallback);
  if (option.env !== undefined) built.env(option.env);
  if (option.choices !== undefined) built.choices([...option.choices]);
  return built;
}

function examplesOf(verb: Verb): string {
  return ["", "Examples:", ...verb.examples.map((example) => `  $ kubun ${example}`), ""].join(
    "\n",
  );
}

/** Exits the process itself on --help and on usage errors, as command-line programs do. */
export function readConfig(argv: readonly string[]): Config {
  let chosen: Config | undefined;
  const program = new Command("kubun")
    .description("Kubernetes' architecture on Bun and Postgres")
    .helpCommand(true)
    .showHelpAfterError("(add --help for the options)");
  for (const verb of verbs) {
    const command = program
      .command(verb.name)
      .description(verb.describe)
      .addHelpText("after", examplesOf(verb));
    if (verb.positionals !== undefined) command.argument(verb.positionals);
    for (const option of [...verb.options, ...logOptions])
      command.addOption(commanderOption(option));
    command.action(() => {
      const options: OptionValues = Object.freeze(command.opts<OptionValues>());
      chosen = Object.freeze({
        verb,
        options,
        positionals: [...command.args],
        logFormat: options["logFormat"] === "json" ? "json" : "text",
        logLevel: logLevelOf(options["logLevel"]),
        home: homedir(),
      });
    });
  }
  program.parse(["node", "kubun", ...argv]);
  return chosen ?? program.help();
}

function logLevelOf(value: string | boolean | undefined): LogLevel {
  return value === "debug" || value === "info" || value === "error" ? value : "warn";
}

/** What the user typed after the program's name. */
export const argumentsOfProcess = (): readonly string[] => process.argv.slice(2);
