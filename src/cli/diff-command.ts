import { Command, Option } from "commander";
import type { ModeTarget } from "../answers/mode-change.ts";
import { addClusterOptions } from "./cluster-options.ts";
import { painter } from "./colors.ts";
import type { FileDiffOptions } from "./diff-files.ts";
import { CommandError, EXIT } from "./exit.ts";
import type { CommandContext } from "./io.ts";
import { addInputOptions } from "./manifest-options.ts";
import { modeTarget, refuseUnknown } from "./mode-target.ts";
import { fileOption } from "./pod-options.ts";
import { servingAnswers } from "./serving-answers.ts";

const HELP = `
Examples:
  # What kubectl apply of these files would do: which proxies get what, which problems appear and end
  outrigger diff -f manifests/ -R
  kubectl kustomize overlays/test | outrigger diff -f -

  # What a deletion would do, alone or with files
  outrigger diff --delete virtualservice/shop/color
  outrigger diff -f new.yaml --delete virtualnode/shop/red

  # The workloads whose proxies get something, for a script
  outrigger diff -f manifests/ --output json | jq -r '.proxies[] | .namespace + " " + .workload.name'

  # What each workload would lose if its mesh were served
  outrigger diff --serve
  outrigger diff --serve namespace/shop
  outrigger diff --serve mesh/main

  # The workloads that would lose destinations, for a script
  outrigger diff --serve --output json | jq -r '.workloads[] | select(.outcome == "loses") | .name'

Workloads whose mesh is served already are listed too, with what they cannot reach now; for them nothing changes.

Reads only. Exit codes as those of kubectl diff: 0 nothing would change, or be lost, 1 something would, 2 for usage, for a
name that is not there, and where an apply would be refused, 3 when the cluster could not be read. docs/look-inside.md
describes the diff of files, docs/mesh.md what is served; "outrigger serve" switches.`;

interface DiffOptions extends FileDiffOptions {
  readonly serve?: true;
  readonly all?: true;
}

/** `outrigger diff -f`: what an apply would do. `outrigger diff --serve`: what each workload could no longer reach if its mesh were served, and what served ones do not reach now. */
export function diffCommand(context: CommandContext): Command {
  const { io, release, exit } = context;
  const command = new Command("diff");
  addInputOptions(command)
    .addOption(fileOption("--delete <kind/name>", "an App Mesh object that goes; may be given several times"))
    .argument("[target...]", "with --serve: mesh/NAME or namespace/NAME, as serve takes them; nothing: everything")
    .option("--serve", "what serving the mesh would cut workloads off from")
    .option("--all", "with --serve: everything, which is what it shows without a target")
    .option("-n, --namespace <name>", "of objects that name none; with --serve the same as namespace/NAME")
    .addOption(new Option("-o, --output <format>", "how to print it").choices(["text", "json"]).default("text"));
  addClusterOptions(command).addHelpText("after", HELP);
  return command.action(async (words: readonly string[], given: DiffOptions) => {
    const { serve, output } = given;
    const isOfFiles = given.filename !== undefined || given.delete !== undefined;
    if (isOfFiles === (serve === true) || (isOfFiles && (words.length > 0 || given.all === true))) {
      throw new CommandError(
        "usage",
        "expected either -f FILE, --delete KIND/NAME or both (what an apply would do), or --serve (what serving the mesh would cut off)",
      );
    }
    if (isOfFiles) return await (await import("./diff-files.ts")).diffFiles(given, context);
    const target = targetOf(words, given);
    const only = target.kind === "namespace" ? target.name : undefined;
    const { facts, setting, effectOf, served } = await servingAnswers(given, context, only);
    await refuseUnknown(target, facts.mesh);
    const { lossesReport, lossesText, writesFor } = await import("../answers/answers.ts");
    const effect = effectOf(writesFor(target, "serve", facts.mesh, setting));
    const already = served().filter(({ mesh }) => target.kind !== "mesh" || mesh === target.name);
    const report = lossesReport(effect, already, facts.notes, release, new Date());
    const text =
      output === "json" ? `${JSON.stringify(report, null, 2)}\n` : lossesText(report, painter(io, io.stdout));
    io.stdout.write(text);
    exit(report.summary.losing > 0 ? EXIT.refused : EXIT.done);
  });
}

function targetOf(words: readonly string[], { all, namespace }: DiffOptions): ModeTarget {
  const target = modeTarget(words, all, "outrigger diff --serve");
  if (namespace === undefined) return target ?? { kind: "all" };
  if (target !== undefined) {
    const other = target.kind === "all" ? "--all" : words.join(" ");
    throw new CommandError("usage", `expected either -n ${namespace} or ${other}: which of them?`);
  }
  return { kind: "namespace", name: namespace };
}
