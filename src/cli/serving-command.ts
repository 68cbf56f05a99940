import { Command } from "commander";
import { readConfigurationFile } from "../config/file.ts";
import { addConfigurationFlags, configurationFlags } from "../config/flags.ts";
import { loadConfiguration } from "../config/load.ts";
import type { Configuration } from "../config/schema.ts";
import type { Section } from "../config/sources.ts";
import { EXIT, type ExitCode } from "./exit.ts";

/** A role that serves until it is told to stop, as a command. */
export interface ServingCommand {
  readonly name: string;
  readonly description: string;
  /** Examples, and how it ends. */
  readonly help: string;
  /** The settings that its help shows. */
  readonly section: Section;
  /** Resolves when it has stopped. */
  serve(configuration: Configuration): Promise<void>;
  /** What helps where starting failed with this code, to be said behind the message. */
  readonly remedies?: Readonly<Record<string, string>>;
}

/** Errors of starting that a person can mend by other settings. */
const USAGE_ERRORS = new Set(["ConfigurationError", "CredentialsError", "TrustFileError", "ListenAddressError"]);

/** The command of a role: its settings from file, environment and flags; what it says goes to standard error. */
export function servingCommand(role: ServingCommand): Command {
  const command = new Command(role.name)
    .description(role.description)
    .option("--config <file>", "configuration file (YAML)")
    .addHelpText("after", role.help);
  addConfigurationFlags(command, {
    sections: ["general", role.section, ...(role.section === "controlPlane" ? (["arn"] as const) : []), "log"],
  });
  return command.action(async () => {
    process.exitCode = await exitCodeOf(command, role);
  });
}

async function exitCodeOf(command: Command, role: ServingCommand): Promise<ExitCode> {
  try {
    const { config } = command.opts<{ config?: string }>();
    const { configuration, warnings } = loadConfiguration({
      file: config === undefined ? undefined : await readConfigurationFile(config),
      environment: process.env,
      flags: configurationFlags(command),
    });
    for (const warning of warnings) tell(warning);
    await role.serve(configuration);
    return EXIT.done;
  } catch (error) {
    const { code = "", message, name } = error as NodeJS.ErrnoException;
    const remedy = role.remedies?.[code];
    tell(remedy === undefined ? message : `${message}, ${remedy}`);
    return USAGE_ERRORS.has(name) || code === "no-such-name" ? EXIT.usage : EXIT.unreachable;
  }
}

/** One line on standard error, where the log goes too. */
export function tell(text: string): void {
  process.stderr.write(`outrigger: ${text}\n`);
}
