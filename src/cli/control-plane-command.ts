import type { Command } from "commander";
import type { Configuration } from "../config/schema.ts";
import { servingCommand } from "./serving-command.ts";
import { onStopSignals } from "./stop-signals.ts";

const HELP = `
Examples:
  # In a cluster, as install sets it up: its own service account, the mesh's shared authority
  outrigger control-plane --config /etc/outrigger/config.yaml

  # Against the cluster of a kubeconfig
  outrigger control-plane --control-plane-listen 127.0.0.1:18000 --control-plane-kubeconfig ~/.kube/config

When it is told to end it serves on for a quarter of controlPlane.shutdownSeconds, until new
connections go elsewhere, and then ends its streams one after the other. A second signal ends it
at once.`;

/** `outrigger control-plane`: configures proxies until it is told to stop. `release` is Outrigger's version. */
export function controlPlaneCommand(release: string): Command {
  return servingCommand({
    name: "control-plane",
    description: "configure the sidecars of the mesh over xDS",
    help: HELP,
    section: "controlPlane",
    serve: (configuration) => run(configuration, release),
  });
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
