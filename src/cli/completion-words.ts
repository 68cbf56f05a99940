import type { Command, Option } from "commander";
import { typeOf } from "../config/setting-type.ts";
import { SETTINGS } from "../config/sources.ts";

/** One command with what may follow it. */
export interface CommandWords {
  readonly name: string;
  readonly description: string;
  readonly flags: readonly FlagWords[];
  /** What its argument may be; empty: a file. */
  readonly choices: readonly string[];
}

export interface FlagWords {
  readonly long: string;
  /** With its dash; empty when there is none. */
  readonly short: string;
  readonly description: string;
  /** `attached`: only as `--flag=VALUE`, because the flag may stand alone. */
  readonly value: "none" | "next" | "attached";
  /** Empty: anything. */
  readonly choices: readonly string[];
}

/** Everything that help shows of a program's commands, `help` itself included. */
export function wordsOf(program: Command): readonly CommandWords[] {
  const commands = program.createHelp().visibleCommands(program);
  const names = commands.map((command) => command.name());
  return commands.map((command) => ({
    name: command.name(),
    description: command.description(),
    flags: flagsOf(command),
    choices: command.name() === "help" ? names : wordsBehind(command),
  }));
}

/** Those of the command and of the ones within it, each once. */
function flagsOf(command: Command): readonly FlagWords[] {
  const all = [command, ...command.commands].flatMap((one) => one.createHelp().visibleOptions(one).flatMap(flagWords));
  return [...new Map(all.toReversed().map((flag) => [flag.long, flag])).values()].toReversed();
}

function wordsBehind(command: Command): readonly string[] {
  return command.registeredArguments[0]?.argChoices ?? command.commands.map((inner) => inner.name());
}

function flagWords(option: Option): readonly FlagWords[] {
  const { long, short, description, required, optional } = option;
  if (!long) return [];
  const value = optional ? "attached" : required ? "next" : "none";
  return [{ long, short: short ?? "", description, value, choices: option.argChoices ?? settingChoices(long) }];
}

/** Flags of settings leave it to the configuration to check their values: commander does not know the choices. */
function settingChoices(long: string): readonly string[] {
  const setting = SETTINGS.find(({ flag }) => long === `--${flag}`);
  if (setting === undefined) return [];
  const { takes, choices = [] } = typeOf(setting.path);
  return takes === "boolean" ? ["true", "false"] : choices.filter(Boolean);
}
