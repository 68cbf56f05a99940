import { Command, Option } from "commander";
import type { Writer } from "../kube/writes.ts";
import type { RotationStep } from "../pki/rotate.ts";
import type { RotationTarget } from "../pki/rotation-target.ts";
import type { TrustStatus } from "../pki/trust-status.ts";
import { addClusterOptions, type ClusterOptions, withWriter } from "./cluster-options.ts";
import { CommandError } from "./exit.ts";
import { type CommandContext, type Io, say } from "./io.ts";
import { rotationText, stepText, trustStatusText } from "./trust-text.ts";

const HELP = `
Examples:
  # The roots of both authorities, and who knows them
  outrigger trust status

  # A new root for the mesh's authority, with no connection lost
  outrigger trust rotate --mesh

  # What that would do
  outrigger trust rotate --mesh --dry-run`;

const ROTATE_HELP = `
Examples:
  outrigger trust rotate                 both authorities, the webhook's first
  outrigger trust rotate --mesh          the one by which proxies know the control plane
  outrigger trust rotate --webhook       the one by which API servers know the webhook
  outrigger trust rotate --mesh --dry-run
  outrigger trust rotate --mesh --force  without waiting: a pod that lacks the new root has no control plane until it gets it

A new root is published, brought to the annotation of every running pod, and signs only then; the one before stays trusted until
the last certificate that it signed has ended. It can be interrupted at any time: run it again and it goes on where it was.
Exit code 1: it did not come to its end, and says what to do; 3: the API server could not be reached.`;

const STATUS_HELP = `
Examples:
  outrigger trust status                 both authorities: their roots, and who knows each
  outrigger trust status --output json
  outrigger trust status --context prod  of the cluster that this context of the kubeconfig names

Exit code 3: the API server could not be reached.`;

/** Milliseconds: publication takes seconds, and proxies are given three minutes to have the root. */
const DEFAULT_TIMEOUT_SECONDS = 600;

interface RotateOptions extends ClusterOptions {
  readonly mesh?: true;
  readonly webhook?: true;
  readonly force?: true;
  readonly dryRun?: true;
  readonly output: "text" | "json";
  readonly timeout: number;
}

interface StatusOptions extends ClusterOptions {
  readonly output: "text" | "json";
}

/** `outrigger trust`: the authorities behind the certificates of webhook and control plane. */
export function trustCommand(context: CommandContext): Command {
  const command = new Command("trust").addHelpText("after", HELP);
  return command.addCommand(rotateCommand(context)).addCommand(statusCommand(context));
}

function rotateCommand({ io }: CommandContext): Command {
  const command = new Command("rotate")
    .description("give an authority a new root, with overlapping trust")
    .option("--mesh", "the authority by which proxies know the control plane")
    .option("--webhook", "the authority by which API servers know the webhook")
    .option("--force", "let the new root sign at once, whoever does not have it yet")
    .option("--dry-run", "say what would be done, and change nothing")
    .addOption(outputOption())
    .addOption(
      new Option("--timeout <seconds>", "how long to wait for injector and control plane at each step")
        .argParser(Number)
        .default(DEFAULT_TIMEOUT_SECONDS),
    );
  addClusterOptions(command).addHelpText("after", ROTATE_HELP);
  return command.action(async (given: RotateOptions) => {
    if (!(given.timeout >= 1 && given.timeout <= 86_400)) {
      throw new CommandError("usage", "--timeout: expected seconds from 1 to 86400");
    }
    await withWriter(given, io, (writer) => (given.dryRun ? tell(writer, given, io) : rotateAll(writer, given, io)));
  });
}

function statusCommand({ io }: CommandContext): Command {
  const command = new Command("status").description("show the roots of the authorities, and who knows them");
  addClusterOptions(command.addOption(outputOption())).addHelpText("after", STATUS_HELP);
  return command.action(async (given: StatusOptions) => {
    const statuses = await withWriter(given, io, (writer) => statusesOf(writer, {}));
    io.stdout.write(given.output === "json" ? json({ authorities: statuses }) : trustStatusText(statuses));
  });
}

const outputOption = (): Option =>
  new Option("-o, --output <format>", "how to print it").choices(["text", "json"]).default("text");

async function rotateAll(writer: Writer, given: RotateOptions, io: Io): Promise<void> {
  const { rotate } = await import("../pki/rotate.ts");
  const rotations = [];
  for (const target of await present(writer, given, io)) {
    const rotation = await rotate({
      writer,
      target,
      order: given.force ? "forced" : "careful",
      step: stepPrinter(target.name, io),
      timeout: given.timeout * 1000,
      now: () => new Date(),
    });
    rotations.push(rotation);
    if (given.output === "text") io.stdout.write(rotationText(rotation));
  }
  if (given.output === "json") io.stdout.write(json({ rotations }));
}

/** Prints each step; of the many pods every tenth part and the last one. */
function stepPrinter(authority: string, io: Io): (step: RotationStep) => void {
  let printed = "";
  return (step) => {
    if (step.kind === "pods") {
      const part = `${Math.floor((step.done * 10) / Math.max(1, step.total))} tenths of ${step.total}`;
      if (part === printed) return;
      printed = part;
    }
    say(io, stepText(authority, step));
  };
}

/** Says what a rotation would do now. */
async function tell(writer: Writer, given: RotateOptions, io: Io): Promise<void> {
  const statuses = await statusesOf(writer, given);
  const plans = statuses.map((status) => ({ authority: status.authority, would: planOf(status) }));
  if (given.output === "json") io.stdout.write(json({ plans }));
  else for (const { authority, would } of plans) io.stdout.write(`${authority}: would ${would}\n`);
}

function planOf({ found, roots, pods }: TrustStatus): string {
  if (found !== "held") return "do nothing: there is no authority";
  const waiting = roots.find(({ state }) => state === "next");
  const begin = waiting === undefined ? "add a root" : `go on with root ${waiting.id}`;
  if (pods === undefined) return `${begin}, wait for its publication, and let it sign`;
  return `${begin}, wait for its publication, bring it to ${pods - (waiting?.pods ?? 0)} of ${pods} pods, and let it sign`;
}

async function statusesOf(writer: Writer, given: Pick<RotateOptions, "mesh" | "webhook">): Promise<TrustStatus[]> {
  const { trustStatus } = await import("../pki/trust-status.ts");
  const statuses: TrustStatus[] = [];
  for (const target of await wanted(given)) statuses.push(await trustStatus(writer, target));
  return statuses;
}

/** The authorities that were asked for; all where none was. */
async function wanted({ mesh, webhook }: Pick<RotateOptions, "mesh" | "webhook">): Promise<readonly RotationTarget[]> {
  const { ROTATION_TARGETS } = await import("../pki/rotation-target.ts");
  const isAll = mesh === webhook;
  return ROTATION_TARGETS.filter(({ name }) => isAll || (name === "mesh" ? mesh : webhook));
}

/** Where both are meant, one that is not there is left out: injector and control plane can be installed alone. */
async function present(writer: Writer, given: RotateOptions, io: Io): Promise<readonly RotationTarget[]> {
  const targets = await wanted(given);
  if (targets.length === 1) return targets;
  const { readAuthority } = await import("../pki/authority-secret.ts");
  const there: RotationTarget[] = [];
  for (const target of targets) {
    if ((await readAuthority(writer, target.secret)).kind === "held") there.push(target);
    else say(io, `${target.name}: there is no authority in Secret ${target.secret.namespace}/${target.secret.name}`);
  }
  if (there.length === 0) throw new CommandError("refused", "there is no authority to rotate: is Outrigger installed?");
  return there;
}

function json(value: object): string {
  return `${JSON.stringify(value, null, 2)}\n`;
}
