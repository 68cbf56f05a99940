import { Command, Option } from "commander";
import { addClusterOptions, type ClusterOptions } from "./cluster-options.ts";
import { painter } from "./colors.ts";
import { CommandError, EXIT } from "./exit.ts";
import type { CommandContext } from "./io.ts";
import { servingAnswers } from "./serving-answers.ts";

const HELP = `
Examples:
  # What each workload would lose if its mesh were served
  outrigger diff --serve
  outrigger diff --serve -n shop

  # The workloads that would lose destinations, for a script
  outrigger diff --serve --output json | jq -r '.workloads[] | select(.outcome == "loses") | .name'

Reads only. Exit codes as those of kubectl diff: 0 nothing would be lost, 1 something would, 2 for usage, 3 when the cluster
could not be read. docs/mesh.md describes what is served, "outrigger serve" switches.`;

interface DiffOptions extends ClusterOptions {
  readonly serve?: true;
  readonly namespace?: string;
  readonly output: "text" | "json";
}

/** `outrigger diff --serve`: what each workload could no longer reach if its mesh were served. */
export function diffCommand(context: CommandContext): Command {
  const { io, release, exit } = context;
  const command = new Command("diff")
    .option("--serve", "what serving the mesh would cut workloads off from")
    .option("-n, --namespace <name>", "only the workloads of this namespace")
    .addOption(new Option("-o, --output <format>", "how to print it").choices(["text", "json"]).default("text"));
  addClusterOptions(command).addHelpText("after", HELP);
  return command.action(async (given: DiffOptions) => {
    const { serve, namespace, output } = given;
    if (serve !== true) {
      throw new CommandError(
        "usage",
        "diff compares what workloads reach with what they would reach if the mesh were served: give --serve",
      );
    }
    const { facts, setting, effectOf } = await servingAnswers(given, context, namespace);
    const { lossesReport, lossesText, writesFor } = await import("../answers/answers.ts");
    const target =
      namespace === undefined ? ({ kind: "all" } as const) : ({ kind: "namespace", name: namespace } as const);
    const effect = effectOf(writesFor(target, "serve", facts.mesh, setting));
    const report = lossesReport(effect, facts.notes, release, new Date());
    const text =
      output === "json" ? `${JSON.stringify(report, null, 2)}\n` : lossesText(report, painter(io, io.stdout));
    io.stdout.write(text);
    exit(report.summary.losing > 0 ? EXIT.refused : EXIT.done);
  });
}
