import type { Command } from "commander";
import { ConfigurationError, type SettingProblem } from "../config/configuration-error.ts";
import { readConfigurationFile } from "../config/file.ts";
import { configurationFlags } from "../config/flags.ts";
import { type LoadedConfiguration, loadConfiguration } from "../config/load.ts";
import type { ConfigurationInput } from "../config/schema.ts";
import { nested, valueAt } from "../config/setting-type.ts";
import { type Io, say } from "./io.ts";

/** Settings of the two processes that their Deployments decide: a Service needs the port, a pod its own credentials. */
const DECIDED = [/^webhook\.(?!shutdownSeconds$|certificates\.)/, /^controlPlane\.(?:.*[lL]isten|kubeconfig)$/];

/**
 * The settings for an installation that differ from their defaults: from `--config`, flags, and of the environment only
 * `MESH_NAME` and what begins with `OUTRIGGER_`, because the rest of it is about this machine and not about the cluster.
 * Throws a ConfigurationError, also for settings that only an installation decides.
 */
export async function installationSettings(command: Command, io: Io): Promise<ConfigurationInput> {
  const { config } = command.opts<{ config?: string }>();
  const environment = Object.entries(io.environment).filter(([name]) => /^(?:MESH_NAME$|OUTRIGGER_)/.test(name));
  const loaded = loadConfiguration({
    file: config === undefined ? undefined : await readConfigurationFile(config),
    environment: Object.fromEntries(environment),
    flags: configurationFlags(command),
  });
  for (const warning of loaded.warnings) say(io, `warning: ${warning}`);
  return givenSettings(loaded);
}

function givenSettings({ configuration, origins }: LoadedConfiguration): ConfigurationInput {
  const given = [...origins].filter(([, origin]) => origin.source !== "default");
  const problems = given
    .filter(([path]) => DECIDED.some((pattern) => pattern.test(path)))
    .map(
      ([setting, origin]): SettingProblem => ({ setting, origin, expected: "nothing: the installation decides it" }),
    );
  if (problems.length > 0) throw new ConfigurationError("invalid", problems);
  return nested(given.map(([path]) => [path, valueAt(configuration, path)]));
}
