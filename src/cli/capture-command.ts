import { Argument, Command, InvalidArgumentError, Option } from "commander";
import type { FamilyPlan } from "../capture/plan.ts";
import type { Backend } from "../capture/settings.ts";
import { ADMIN_PORT_OPTION, WAIT_OPTION } from "../model/names.ts";
import { EXIT, type ExitCode } from "./exit.ts";
import { type CommandContext, say } from "./io.ts";
import { onStopSignals } from "./stop-signals.ts";

const HELP = `
Examples:
  # What the init container of a pod would write, without writing it
  APPMESH_START_ENABLED=1 APPMESH_IGNORE_UID=1337 APPMESH_ENVOY_EGRESS_PORT=15001 \\
  APPMESH_ENVOY_INGRESS_PORT=15000 APPMESH_APP_PORTS=80,8000:8010 outrigger capture --dry-run --output text

  # Redirect the traffic of this network namespace (user 0 with NET_ADMIN), and undo it
  outrigger capture
  outrigger capture remove

  # What proxyinit does behind Envoy: redirect, and wait until that is ready
  outrigger capture --wait-for-envoy=180

Reads APPMESH_START_ENABLED, APPMESH_IGNORE_UID, APPMESH_IGNORE_GID, APPMESH_ENVOY_EGRESS_PORT,
APPMESH_ENVOY_INGRESS_PORT, APPMESH_APP_PORTS, APPMESH_EGRESS_IGNORED_IP, APPMESH_EGRESS_IGNORED_PORTS,
APPMESH_ENABLE_IPV6 and OUTRIGGER_CAPTURE_BACKEND (nft or legacy); docs/capture.md explains each.

Exit codes: 0 done; 1 the rules are not in place afterwards; 2 the environment cannot be used, nothing was
changed; 3 the rules could not be read or written.`;

/** Beside what every command answers: rules that are not in place are a failed check, the rest could not be written. */
const EXIT_CODES: Readonly<Record<string, ExitCode>> = { invalid: EXIT.usage, "not-in-place": EXIT.refused };

interface Options {
  readonly dryRun?: true;
  readonly output?: "restore" | "text" | "json";
  readonly waitForEnvoy?: number;
  readonly adminPort: number;
}

/** `outrigger capture`: writes the redirecting rules of a pod from inside its init container, or shows them. */
export function captureCommand(context: CommandContext): Command {
  const command = new Command("capture")
    .description("redirect a pod's traffic to its sidecar (runs in the init container proxyinit)")
    .addArgument(new Argument("[action]", "undo it instead").choices(["remove"]))
    .option("--dry-run", "print what would be written to a network namespace without rules, and write nothing")
    .addOption(
      new Option(
        "-o, --output <format>",
        "how --dry-run prints: input for iptables-restore (default), sentences, or JSON",
      ).choices(["restore", "text", "json"]),
    )
    .addOption(
      new Option(
        `${WAIT_OPTION} <seconds>`,
        "then wait until Envoy is ready; one that takes longer is told to end",
      ).argParser(wholeNumber(1, 3600)),
    )
    .addOption(
      new Option(`${ADMIN_PORT_OPTION} <port>`, "Envoy's admin interface, where it is told so")
        .argParser(wholeNumber(1, 65_535))
        .default(9901),
    )
    .addHelpText("after", HELP);
  return command.action(async (action: "remove" | undefined, { dryRun, output, waitForEnvoy, adminPort }: Options) => {
    if (output !== undefined && dryRun === undefined) command.error("error: --output only goes with --dry-run");
    if (waitForEnvoy !== undefined && (dryRun || action === "remove"))
      command.error(`error: ${WAIT_OPTION} goes neither with --dry-run nor with remove`);
    const { CaptureError } = await import("../capture/capture-error.ts");
    try {
      const { backend, plans, notes } = await whatToDo(action, context);
      for (const note of notes) say(context.io, `capture: ${note}`);
      if (dryRun) return await print(action, backend, plans, output ?? "restore", context);
      await apply(action, backend, plans, context);
      // afterwards: nobody but Envoy, which is not captured, calls yet, and the rules are there by the time that it is ready
      if (waitForEnvoy !== undefined) await untilEnvoyIsReady(waitForEnvoy, adminPort, context);
    } catch (error) {
      if (!(error instanceof CaptureError)) throw error;
      say(context.io, `capture: ${error.message}`);
      context.exit(EXIT_CODES[error.code] ?? EXIT.unreachable);
    }
  });
}

function wholeNumber(lowest: number, highest: number): (text: string) => number {
  return (text) => {
    const number = /^[0-9]{1,5}$/.test(text) ? Number(text) : Number.NaN;
    if (number >= lowest && number <= highest) return number;
    throw new InvalidArgumentError(`Expected a whole number from ${lowest} to ${highest}.`);
  };
}

/** Ends with a code where the pod is ended meanwhile. The kernel keeps signals from the first process of a container that does not ask for them. */
async function untilEnvoyIsReady(seconds: number, adminPort: number, { io, exit }: CommandContext): Promise<void> {
  const [{ waitForEnvoy }, { endEnvoy, lookAtEnvoy }, { setTimeout: wait }] = await Promise.all([
    import("../capture/wait-for-envoy.ts"),
    import("../capture/ask-envoy.ts"),
    import("node:timers/promises"),
  ]);
  const stop = new AbortController();
  const forget = onStopSignals(() => stop.abort());
  try {
    await waitForEnvoy({
      seconds,
      look: lookAtEnvoy,
      end: () => endEnvoy(adminPort),
      say: (text) => say(io, `capture: ${text}`),
      pause: (milliseconds) => wait(milliseconds, undefined, { signal: stop.signal }),
      now: () => performance.now(),
    });
  } catch (error) {
    if (!stop.signal.aborted) throw error;
    say(io, "capture: ended while Envoy was not ready");
    exit(EXIT.refused);
  } finally {
    forget();
  }
}

interface Work {
  readonly backend: Backend;
  readonly plans: readonly FamilyPlan[];
  readonly notes: readonly string[];
}

async function whatToDo(action: "remove" | undefined, { io }: CommandContext): Promise<Work> {
  const [{ readBackend, readSettings }, { emptyPlan, planOf }] = await Promise.all([
    import("../capture/environment.ts"),
    import("../capture/plan.ts"),
  ]);
  if (action === "remove") {
    const plans = [emptyPlan("ipv4"), emptyPlan("ipv6")];
    return { backend: readBackend(io.environment), plans, notes: [] };
  }
  const settings = readSettings(io.environment);
  return { backend: settings.backend, plans: planOf(settings), notes: settings.notes };
}

async function apply(
  action: "remove" | undefined,
  backend: Backend,
  plans: readonly FamilyPlan[],
  { io }: CommandContext,
): Promise<void> {
  const [{ applyPlans }, { captureSystem }, { familyName }] = await Promise.all([
    import("../capture/apply.ts"),
    import("../capture/capture-system.ts"),
    import("../capture/explanation.ts"),
  ]);
  for (const outcome of applyPlans(plans, backend, captureSystem(io.environment))) {
    const name = `${familyName(outcome.family)} (${backend})`;
    if (outcome.kind === "skipped") say(io, `capture: ${name}: skipped, because ${outcome.reason}`);
    else if (action === "remove")
      say(io, `capture: ${name}: ${outcome.kind === "applied" ? "rules removed" : "there was nothing to remove"}`);
    else
      say(io, `capture: ${name}: rules ${outcome.kind === "applied" ? "written" : "were there already"}, and checked`);
  }
}

async function print(
  action: "remove" | undefined,
  backend: Backend,
  plans: readonly FamilyPlan[],
  output: "restore" | "text" | "json",
  { io }: CommandContext,
): Promise<void> {
  const { dryRunJson, dryRunRestore, dryRunText } = await import("../capture/dry-run.ts");
  const printed = { restore: dryRunRestore, text: dryRunText, json: dryRunJson }[output];
  io.stdout.write(printed(action === "remove" ? "remove" : "apply", backend, plans));
}
