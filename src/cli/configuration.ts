import type { Command } from "commander";
import { readConfigurationFile } from "../config/file.ts";
import { configurationFlags } from "../config/flags.ts";
import { loadConfiguration } from "../config/load.ts";
import type { Configuration } from "../config/schema.ts";
import { type Io, say } from "./io.ts";

/**
 * The configuration that a command works with: from its `--config` file, the environment and its flags. Warnings go to
 * standard error. Throws ConfigurationError.
 */
export async function commandConfiguration(command: Command, io: Io): Promise<Configuration> {
  const { config } = command.opts<{ config?: string }>();
  const { configuration, warnings } = loadConfiguration({
    file: config === undefined ? undefined : await readConfigurationFile(config),
    environment: io.environment,
    flags: configurationFlags(command),
  });
  for (const warning of warnings) say(io, `warning: ${warning}`);
  return configuration;
}
