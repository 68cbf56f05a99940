import { Command } from "commander";
import { readConfigurationFile } from "../config/file.ts";
import { addConfigurationFlags, configurationFlags } from "../config/flags.ts";
import { loadConfiguration } from "../config/load.ts";
import type { Configuration } from "../config/schema.ts";
import { onStopSignals } from "./stop-signals.ts";

const HELP = `
Examples:
  # In a cluster, as install sets it up: its own service account, the mesh's shared authority
  outrigger control-plane --config /etc/outrigger/config.yaml

  # Against the cluster of a kubeconfig
  outrigger control-plane --control-plane-listen 127.0.0.1:18000 --control-plane-kubeconfig ~/.kube/config

Ends after it has ended its streams one after the other, which takes at most half of
controlPlane.shutdownSeconds when all proxies listen. A second signal ends it at once.`;

/** Errors of starting that a person can mend by other settings: exit code 2. */
const USAGE_ERRORS = new Set(["ConfigurationError", "ListenAddressError"]);

/** `outrigger control-plane`: configures proxies until it is told to stop. `release` is Outrigger's version. */
export function controlPlaneCommand(release: string): Command {
  const command = new Command("control-plane")
    .description("configure the sidecars of the mesh over xDS")
    .option("--config <file>", "configuration file (YAML)")
    .addHelpText("after", HELP);
  addConfigurationFlags(command, { sections: ["general", "controlPlane", "log"] });
  return command.action(async () => {
    process.exitCode = await serve(command, release);
  });
}

async function serve(command: Command, release: string): Promise<number> {
  try {
    const { config } = command.opts<{ config?: string }>();
    const { configuration, warnings } = loadConfiguration({
      file: config === undefined ? undefined : await readConfigurationFile(config),
      environment: process.env,
      flags: configurationFlags(command),
    });
    for (const warning of warnings) say(warning);
    await run(configuration, release);
    return 0;
  } catch (error) {
    say((error as Error).message);
    return USAGE_ERRORS.has((error as Error).name) ? 2 : 3;
  }
}

async function run(configuration: Configuration, release: string): Promise<void> {
  const { startControlPlane } = await import("../control-plane/start-control-plane.ts");
  const asked = new AbortController();
  const stopListening = onStopSignals(() => asked.abort());
  try {
    const controlPlane = await startControlPlane({ configuration, release }, asked.signal);
    if (!asked.signal.aborted) {
      await new Promise((resolve) => asked.signal.addEventListener("abort", resolve, { once: true }));
    }
    await controlPlane.close();
  } catch (error) {
    // told to stop before it had begun: that is no failure
    if (!asked.signal.aborted) throw error;
  } finally {
    stopListening();
  }
}

function say(text: string): void {
  process.stderr.write(`outrigger: ${text}\n`);
}
