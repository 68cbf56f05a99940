import { createInterface } from "node:readline/promises";
import type { Readable, Writable } from "node:stream";
import { Command } from "commander";
import type { CustomResources } from "../install/run/purge.ts";
import type { Remains } from "../install/run/uninstall.ts";
import { addClusterOptions, addWaitOptions, type ClusterOptions, withWriter } from "./cluster-options.ts";
import { CommandError } from "./exit.ts";
import { type CommandContext, type Io, say } from "./io.ts";

const HELP = `
Examples:
  # Everything of Outrigger but App Mesh's own resources
  outrigger uninstall

  # Those too, with their CRDs; shows how many and asks
  outrigger uninstall --purge

Pods that have a sidecar keep it until they are created again. Namespaces that were there before install stay, and so does
whatever others have put into ours. A registration that was taken over injects again.`;

interface UninstallOptions extends ClusterOptions {
  readonly purge?: true;
  readonly yes?: true;
  readonly wait: boolean;
  readonly timeout: number;
}

/** `outrigger uninstall`: removes from a cluster what install and the installed processes made. */
export function uninstallCommand({ io }: CommandContext): Command {
  const command = new Command("uninstall")
    .option("--purge", "also remove App Mesh's CRDs and all objects of theirs")
    .option("--yes", "do not ask before --purge");
  addWaitOptions(command, "gone");
  addClusterOptions(command).addHelpText("after", HELP);
  return command.action(async (given: UninstallOptions) => {
    const [{ uninstall }, { listCustomResources }] = await Promise.all([
      import("../install/run/uninstall.ts"),
      import("../install/run/purge.ts"),
    ]);
    await withWriter(given, io, async (writer) => {
      const resources = given.purge ? await listCustomResources(writer) : [];
      if (given.purge && !given.yes) await askToPurge(resources, io);
      const remains = await uninstall({
        writer,
        purged: resources,
        report: (line) => say(io, line),
        ...(given.wait && { timeout: given.timeout * 1000 }),
      });
      io.stdout.write(summary(remains, given.wait ? "Outrigger is removed." : "Outrigger is being removed."));
    });
  });
}

async function askToPurge(resources: readonly CustomResources[], io: Io): Promise<void> {
  const counts = resources.map(({ kind, count }) => `  ${kind}: ${count}\n`).join("");
  io.stderr.write(`--purge removes App Mesh's CRDs, and with them:\n${counts || "  nothing: there are none\n"}`);
  if (io.stdin.isTTY !== true) {
    throw new CommandError(
      "usage",
      "--purge asks before it removes anything: without a terminal, confirm it with --yes",
    );
  }
  const prompt = createInterface({ input: io.stdin as Readable, output: io.stderr as unknown as Writable });
  try {
    // an interrupted question is answered too
    const answer = await prompt.question("Remove them for good? Type yes: ").catch(() => "");
    if (answer.trim() !== "yes") throw new CommandError("refused", "nothing was removed");
  } finally {
    prompt.close();
  }
}

function summary({ injectedPods }: Remains, done: string): string {
  const counts = [...injectedPods].map(([namespace, count]) => `  ${namespace}: ${count}\n`).join("");
  if (counts === "") return `${done}\n`;
  return `${done} Running pods keep their sidecar, which no later installation reaches, until they are created again:\n${counts}`;
}
