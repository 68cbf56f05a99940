import { Command } from "commander";
import { addConfigurationFlags } from "../config/flags.ts";
import type { Configuration } from "../config/schema.ts";
import { commandConfiguration } from "./configuration.ts";
import { demo, type LoopbackWebhook } from "./demo.ts";
import type { CommandContext } from "./io.ts";
import { onStopSignals } from "./stop-signals.ts";

const HELP = `
Examples:
  outrigger demo
  outrigger demo --mesh-name my-mesh

On a terminal it goes on serving until Ctrl-C; otherwise it ends after the answer.`;

/** `outrigger demo`: the webhook on loopback, one pod through it, and what became of the pod. */
export function demoCommand({ io, release, exit }: CommandContext): Command {
  const command = new Command("demo").option("--config <file>", "configuration file (YAML)").addHelpText("after", HELP);
  addConfigurationFlags(command, { sections: ["general"] });
  return command.action(async () => {
    const configuration = loopback(await commandConfiguration(command, io));
    const interrupted = new AbortController();
    const stopListening = onStopSignals(() => interrupted.abort());
    try {
      exit(await demo({ io, release, configuration, startLoopbackWebhook, interrupted: interrupted.signal }));
    } finally {
      stopListening();
    }
  });
}

/** Whatever the settings say about clusters and addresses: nothing but this machine, and a mesh to belong to. */
function loopback(configuration: Configuration): Configuration {
  const { webhook } = configuration;
  return {
    ...configuration,
    meshName: configuration.meshName || "my-mesh",
    webhook: {
      ...webhook,
      listen: "127.0.0.1:0",
      metricsListen: "",
      tlsCert: "",
      tlsKey: "",
      trust: "",
      offline: true,
    },
    log: { level: "silent" },
  };
}

async function startLoopbackWebhook(configuration: Configuration, release: string): Promise<LoopbackWebhook> {
  const { startWebhook } = await import("../webhook/start-webhook.ts");
  const webhook = await startWebhook({ configuration, release }, new AbortController().signal);
  return {
    port: webhook.address.port,
    authority: webhook.authority ?? "",
    close: () => webhook.close("drain"),
  };
}
