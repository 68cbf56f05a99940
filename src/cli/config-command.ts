import { Command, Option } from "commander";
import { effectiveJson, effectiveTable, effectiveYaml } from "../config/effective.ts";
import { readConfigurationFile } from "../config/file.ts";
import { addConfigurationFlags, configurationFlags } from "../config/flags.ts";
import { loadConfiguration } from "../config/load.ts";
import { type CommandContext, say } from "./io.ts";

const HELP = `
Examples:
  outrigger config                                     what holds here, and where each value comes from
  outrigger config --config mesh.yaml --output table
  outrigger config --config values.yaml > mesh.yaml    Helm values of the old controller, translated
  MESH_NAME=demo outrigger config --flavor aws

A value comes from its default, the file, the environment or a flag; the later ones win. All settings with their
names in each of them, and the names that the AWS programs had for them, are listed in docs/configuration.md.`;

const RENDERERS = { yaml: effectiveYaml, json: effectiveJson, table: effectiveTable } as const;

const PROCESS: Pick<CommandContext, "io"> = {
  io: { stdin: process.stdin, stdout: process.stdout, stderr: process.stderr, environment: process.env },
};

/**
 * `outrigger config`: prints the effective configuration with the origin of each value. Parsing rejects with a
 * ConfigurationError that names all problems when there are any.
 */
export function configCommand({ io }: Pick<CommandContext, "io"> = PROCESS): Command {
  const command = new Command("config")
    .description("print the effective configuration and where each value comes from")
    .option("--config <file>", "configuration file in YAML or JSON; Helm values of the old charts are understood")
    .addOption(new Option("-o, --output <format>", "how to print it").choices(Object.keys(RENDERERS)).default("yaml"))
    .addHelpText("after", HELP);
  addConfigurationFlags(command);
  return command.action(async ({ config, output }: { config?: string; output: keyof typeof RENDERERS }) => {
    const loaded = loadConfiguration({
      file: config === undefined ? undefined : await readConfigurationFile(config),
      environment: io.environment,
      flags: configurationFlags(command),
    });
    for (const warning of loaded.warnings) say(io, `warning: ${warning}`);
    io.stdout.write(RENDERERS[output](loaded));
  });
}
