import { type Command, InvalidArgumentError, Option } from "commander";
import { INSTALL_LIMITS } from "../install/limits.ts";
import type { Writer } from "../kube/writes.ts";
import { CommandError } from "./exit.ts";
import type { Io } from "./io.ts";
import { onStopSignals } from "./stop-signals.ts";

/** Which cluster a command works on. */
export interface ClusterOptions {
  readonly kubeconfig?: string;
  readonly context?: string;
}

export function addClusterOptions(command: Command): Command {
  return command
    .option("--kubeconfig <file>", "kubeconfig of the cluster (default: as kubectl)")
    .option("--context <name>", "context of the kubeconfig (default: its current one)");
}

/** `--no-wait` and `--timeout`, in seconds. */
export function addWaitOptions(command: Command, until: string): Command {
  return command
    .option("--no-wait", `return before everything is ${until}`)
    .addOption(
      new Option("--timeout <seconds>", `how long to wait until everything is ${until}`)
        .argParser(secondsOf)
        .default(INSTALL_LIMITS.timeoutSeconds),
    );
}

/**
 * Does something with the cluster as its administrator; a stop signal ends it. Rejects with KubeError, as `work` does, and with CommandError
 * where it was interrupted: all that we do to a cluster can be done again.
 */
export async function withWriter<T>(
  { kubeconfig = "", context = "" }: ClusterOptions,
  io: Io,
  work: (writer: Writer) => Promise<T>,
): Promise<T> {
  const [{ kubeClient }, { kubeEndpoint }] = await Promise.all([
    import("../kube/client.ts"),
    import("../kube/endpoint.ts"),
  ]);
  const stopped = new AbortController();
  let by = "";
  const stopListening = onStopSignals((signal) => {
    by = signal;
    stopped.abort();
  });
  try {
    const client = kubeClient(await kubeEndpoint(kubeconfig, io.environment, context));
    return await work({ client, fieldManager: "outrigger", signal: stopped.signal });
  } catch (error) {
    if (!stopped.signal.aborted) throw error;
    const message = `interrupted by ${by}; what was done stays: run it again, and it goes on there`;
    throw new CommandError("refused", message, { cause: error });
  } finally {
    stopListening();
  }
}

function secondsOf(text: string): number {
  const seconds = Number(text);
  if (!/^[0-9]{1,5}$/.test(text) || seconds < 1) throw new InvalidArgumentError("Expected seconds from 1 to 99999.");
  return seconds;
}
