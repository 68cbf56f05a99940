import { readFile } from "node:fs/promises";
import { Command, Option } from "commander";
import { packageFile } from "../package-file.ts";
import { addClusterOptions, type ClusterOptions } from "./cluster-options.ts";
import { painter } from "./colors.ts";
import { CommandError, EXIT } from "./exit.ts";
import type { CommandContext } from "./io.ts";
import { progress } from "./progress.ts";

const HELP = `
Examples:
  # Whether this cluster can take Outrigger, and what is in the way
  outrigger check --before-install

  # Whether an installation works, and what to do where it does not
  outrigger check

  # One namespace only
  outrigger check -n shop

  # What a check looks at, and what helps
  outrigger check --explain round-trip

  # The checks that failed, for a script
  outrigger check --output json | jq -r '.checks[] | select(.status == "failed") | .id'

Nothing is changed: the test admissions are dry runs, which the API server does not store. What you are
not allowed to read is said and left out. Exit code 0 when nothing failed, 1 when a check failed, 2 for
usage and where there is no such namespace, 3 when the API server could not be reached. docs/diagnose.md describes every check.`;

interface CheckOptions extends ClusterOptions {
  readonly output: "text" | "json";
  readonly beforeInstall?: boolean;
  readonly namespace?: string;
  readonly explain?: string;
}

/** `outrigger check`: asks a cluster whether everything that injection needs is there and fits together. */
export function checkCommand({ io, release, exit }: CommandContext): Command {
  const command = new Command("check")
    .option("-n, --namespace <name>", "look only into this namespace, besides Outrigger's own (default: all)")
    .option("--before-install", "only what an installation will meet, and whether you may install")
    .option("--explain <check>", "print what a check looks at and what helps, and do nothing else")
    .addOption(new Option("-o, --output <format>", "how to print it").choices(["text", "json"]).default("text"))
    .addHelpText("after", HELP);
  addClusterOptions(command);
  return command.action(async (given: CheckOptions) => {
    const { output, beforeInstall, namespace, kubeconfig = "", context = "" } = given;
    if (given.explain !== undefined) return void io.stdout.write(await explain(given.explain));
    const { CHECKS, checkReport, checkText, connect, gatherCheck, runChecks } = await import("../diagnose/diagnose.ts");
    const scope = beforeInstall === true ? "before-install" : "installed";
    const waiting = progress(io, "reading");
    try {
      const connection = await connect({ kubeconfig, context }, io.environment);
      const meshName = io.environment.MESH_NAME ?? "";
      const facts = await gatherCheck(
        { ...connection, release, meshName, now: Date.now, progress: waiting.step },
        { scope, namespace },
      );
      const without = scope === "installed" ? "before-install" : "installation";
      const asked = CHECKS.filter(({ about }) => about !== without);
      const report = checkReport(runChecks(asked, facts), release, facts.now);
      waiting.end();
      io.stdout.write(
        output === "json" ? `${JSON.stringify(report, null, 2)}\n` : checkText(report, painter(io, io.stdout)),
      );
      exit(report.summary.failed > 0 ? EXIT.refused : EXIT.done);
    } finally {
      waiting.end();
    }
  });
}

/** Comes with the package, and with the image. */
const PAGE = packageFile("docs/diagnose.md");

async function explain(id: string): Promise<string> {
  const { CHECKS, explanationOf } = await import("../diagnose/diagnose.ts");
  const ids = CHECKS.map((check) => check.id);
  if (!ids.includes(id)) {
    throw new CommandError("usage", `there is no check ${id}: expected one of ${ids.join(", ")}`);
  }
  const text = explanationOf(await readFile(PAGE, "utf8"), id);
  if (text === undefined) throw new CommandError("unreachable", `${PAGE.pathname} says nothing about ${id}`);
  return text;
}
