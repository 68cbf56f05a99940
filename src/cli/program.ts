import { Command } from "commander";
import { nearestName } from "../config/nearest.ts";
import { COMMANDS } from "./command-table.ts";
import type { CommandContext } from "./io.ts";

const HELP = `
Examples:
  outrigger inject -f deployment.yaml --mesh-name my-mesh | kubectl apply -f -
  outrigger explain -f deployment.yaml --mesh-name my-mesh
  outrigger explain pod/nginx -n my-namespace
  outrigger demo

Exit codes: 0 done; 1 some input was refused or a check failed; 2 usage or configuration,
also a name that is not there; 3 something could not be reached, read or written.`;

/**
 * The tree of commands. Those in `wanted` come with their options, the others only with name and description,
 * because loading what they need takes longer than a short command runs.
 */
export async function buildProgram(context: CommandContext, wanted: ReadonlySet<string> | "all"): Promise<Command> {
  const { io } = context;
  const program = new Command("outrigger")
    .description("Puts an Envoy sidecar beside every Kubernetes pod that asks for one, as AWS App Mesh did.")
    .version(context.release, "-V, --version", "print the version")
    .helpCommand(false)
    .exitOverride()
    .showSuggestionAfterError()
    .showHelpAfterError("Run with --help for usage and examples.")
    .configureOutput({
      writeOut: (text) => void io.stdout.write(text),
      writeErr: (text) => void io.stderr.write(text),
      getOutHasColors: () => false,
      getErrHasColors: () => false,
      outputError: (text, write) => write(text.startsWith("error: ") ? `outrigger: ${text.slice(7)}` : text),
    })
    .addHelpText("after", HELP);
  for (const entry of COMMANDS) {
    const full = wanted === "all" || wanted.has(entry.name);
    const command = full ? await entry.load(context, () => buildProgram(context, "all")) : new Command(entry.name);
    program.addCommand(inheriting(command.description(entry.description), program));
  }
  program.addCommand(helpCommand(program).copyInheritedSettings(program));
  return program;
}

/** A command, and those within it, that print and end as the whole does. */
function inheriting(command: Command, parent: Command): Command {
  command.copyInheritedSettings(parent);
  for (const inner of command.commands) inheriting(inner, command);
  return command;
}

/** Commander's own prints the help of the whole where it does not know the command, and does not say so. */
function helpCommand(program: Command): Command {
  return new Command("help")
    .description("print help for a command")
    .argument("[command]")
    .helpOption(false)
    .action((name: string | undefined) => {
      if (name === undefined) return program.outputHelp();
      const command = program.commands.find((one) => one.name() === name);
      if (command !== undefined) return command.outputHelp();
      const nearest = nearestName(
        name,
        program.commands.map((one) => one.name()),
      );
      const hint = nearest === undefined ? "" : `\n(Did you mean ${nearest}?)`;
      return program.error(`error: unknown command '${name}'${hint}`);
    });
}
