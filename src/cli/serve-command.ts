import { Command, Option } from "commander";
import type { AnnotationWrite, Mode, ModeTarget } from "../answers/mode-change.ts";
import type { PlannedSwitch, SwitchReport } from "../answers/switch-report.ts";
import { addClusterOptions, type ClusterOptions, withWriter } from "./cluster-options.ts";
import { painter } from "./colors.ts";
import { EXIT } from "./exit.ts";
import { type CommandContext, say } from "./io.ts";
import { modeTarget, refuseUnknown } from "./mode-target.ts";
import { type ServingAnswers, servingAnswers } from "./serving-answers.ts";

const CODES = `It writes the annotation outrigger.dev/mesh and nothing else: of a Namespace it counts before that of a Mesh, and that before the setting
controlPlane.mesh. Running proxies follow without a restart. Exit code 0 also where it is so already; 1: workloads would lose
destinations, so nothing was changed; 2: usage, or no such Mesh or namespace; 3: the cluster could not be read or written.`;

const HELP: Readonly<Record<Mode, string>> = {
  serve: `
Examples:
  # What is served now, and what would become of it
  outrigger serve

  # One namespace, one Mesh; refused where workloads would lose destinations, with all of them
  outrigger serve namespace/shop
  outrigger serve mesh/main --dry-run

  # Whatever they lose
  outrigger serve mesh/main --yes

${CODES}`,
  observe: `
Examples:
  # One Mesh, one namespace: their traffic passes through, and what they would get is still said
  outrigger observe mesh/main
  outrigger observe namespace/shop

  # Everything, whatever annotations say, in a hurry
  outrigger observe --all

${CODES}`,
};

interface SwitchOptions extends ClusterOptions {
  readonly all?: true;
  readonly yes?: true;
  readonly dryRun?: true;
  readonly output: "text" | "json";
}

/** `outrigger serve` and `outrigger observe`: switches whether proxies get the mesh, by annotations. */
export function serveCommand(context: CommandContext, mode: Mode): Command {
  const command = new Command(mode)
    .argument("[target...]", "mesh/NAME or namespace/NAME; nothing: show what is served now")
    .option("--all", "every Mesh, and every namespace that says otherwise by its own annotation");
  if (mode === "serve") command.option("--yes", "also where workloads lose destinations");
  command
    .option("--dry-run", "have the API server check everything and store nothing")
    .addOption(new Option("-o, --output <format>", "how to print it").choices(["text", "json"]).default("text"));
  addClusterOptions(command).addHelpText("after", HELP[mode]);
  return command.action(async (words: readonly string[], given: SwitchOptions) => {
    const target = modeTarget(words, given.all, `outrigger ${mode}`);
    const answers = await servingAnswers(given, context, undefined);
    if (target === undefined) return await showState(answers, mode, given, context);
    await refuseUnknown(target, answers.facts.mesh);
    await switchTarget({ target, mode, answers, given }, context);
  });
}

async function showState(
  { facts, setting, effectOf }: ServingAnswers,
  mode: Mode,
  { output }: SwitchOptions,
  { io, release }: CommandContext,
): Promise<void> {
  const { lossesSummary, modeStates, stateText, writesFor } = await import("../answers/answers.ts");
  const writes = writesFor({ kind: "all" }, mode, facts.mesh, setting);
  const report = {
    format: 1,
    release,
    time: new Date().toISOString(),
    setting: setting ?? null,
    states: modeStates(facts.mesh, setting),
    all: { writes, summary: lossesSummary(effectOf(writes)) },
    notes: facts.notes,
  } as const;
  io.stdout.write(output === "json" ? jsonText(report) : stateText(report, mode));
}

interface Switch {
  readonly target: ModeTarget;
  readonly mode: Mode;
  readonly answers: ServingAnswers;
  readonly given: SwitchOptions;
}

async function switchTarget({ target, mode, answers, given }: Switch, context: CommandContext): Promise<void> {
  const { facts, setting, effectOf } = answers;
  const { exceptionsOf, writesFor } = await import("../answers/answers.ts");
  const writes = writesFor(target, mode, facts.mesh, setting);
  const effect = effectOf(writes);
  const losing = effect.served.filter(({ change }) => change.kind === "loses").length;
  const isRefused = mode === "serve" && losing > 0 && !given.yes;
  const planned: PlannedSwitch = {
    mode,
    target,
    writes,
    effect,
    exceptions: exceptionsOf(target, mode, facts.mesh),
    notes: [...facts.notes, ...laterMeshes(target, mode, setting)],
  };
  if (isRefused) return await refuse(planned, losing, given, context);
  if (writes.length > 0) await write(writes, given, context);
  await print(planned, writes.length === 0 ? "unchanged" : given.dryRun ? "tried" : "switched", given, context);
}

/** Annotations are those of the Meshes that there are. */
function laterMeshes(target: ModeTarget, mode: Mode, setting: Mode | undefined): readonly string[] {
  if (target.kind !== "all" || setting === undefined || setting === mode) return [];
  return [
    `a Mesh that comes later goes by controlPlane.mesh: ${setting}, which outrigger install changes (docs/install.md)`,
  ];
}

/** Whoever asks at the end of a long day is not to cut a database off by one word. */
async function refuse(
  planned: PlannedSwitch,
  losing: number,
  given: SwitchOptions,
  context: CommandContext,
): Promise<void> {
  const { io, release, exit } = context;
  const { lossesReport, lossesText, targetText } = await import("../answers/answers.ts");
  if (given.output === "json") await print(planned, "refused", given, context);
  else {
    const report = lossesReport(planned.effect, [], planned.notes, release, new Date());
    io.stdout.write(lossesText(report, painter(io, io.stdout)));
  }
  const argument = planned.target.kind === "all" ? "--all" : targetText(planned.target);
  const would = `${losing} ${losing === 1 ? "workload" : "workloads"} would lose destinations`;
  say(io, `nothing was changed, as ${would}; to serve all the same: outrigger serve ${argument} --yes`);
  exit(EXIT.refused);
}

async function write(writes: readonly AnnotationWrite[], given: SwitchOptions, { io }: CommandContext): Promise<void> {
  const [{ change }, { RESOURCES }, { MESH_KEY }] = await Promise.all([
    import("../kube/writes.ts"),
    import("../cluster/resources.ts"),
    import("../model/names.ts"),
  ]);
  const paths = { Mesh: RESOURCES.meshes.path, Namespace: RESOURCES.namespaces.path };
  await withWriter(given, io, async (writer) => {
    for (const [index, { kind, name, after }] of writes.entries()) {
      const fields = { metadata: { annotations: { [MESH_KEY]: after } } };
      try {
        await change(
          writer,
          `${paths[kind]}/${encodeURIComponent(name)}`,
          fields,
          given.dryRun ? { dryRun: "server" } : {},
        );
      } catch (error) {
        if (index > 0) say(io, `of ${writes.length} annotations ${index} were written before this; run it again`);
        throw error;
      }
    }
  });
}

async function print(
  planned: PlannedSwitch,
  outcome: SwitchReport["outcome"],
  { output }: SwitchOptions,
  { io, release }: CommandContext,
): Promise<void> {
  const { switchReport, switchText } = await import("../answers/answers.ts");
  const report = switchReport(planned, outcome, release, new Date());
  io.stdout.write(output === "json" ? jsonText(report) : switchText(report));
}

function jsonText(report: object): string {
  return `${JSON.stringify(report, null, 2)}\n`;
}
