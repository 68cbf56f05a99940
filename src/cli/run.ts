import { CommanderError } from "commander";
import type { KubeError } from "../kube/kube-error.ts";
import { RELEASE } from "../release.ts";
import { CommandError, EXIT, type ExitCode } from "./exit.ts";
import { type CommandContext, type Io, say } from "./io.ts";
import { kubeFailure } from "./kube-failure.ts";
import { buildProgram } from "./program.ts";

/** Errors that other modules raise for people to read, by name, so that none has to be loaded to be recognised. */
const EXIT_CODES: Readonly<Record<string, ExitCode>> = {
  ConfigurationError: EXIT.usage,
  ManifestError: EXIT.refused,
  InstallError: EXIT.refused,
  AuthorityError: EXIT.refused,
  RotationError: EXIT.refused,
};

/** Runs one command line (without the program's name) and returns its exit code. Never throws, never exits. */
export async function run(argv: readonly string[], io: Io): Promise<number> {
  let exitCode: number | undefined;
  const context: CommandContext = {
    io,
    release: RELEASE,
    exit: (code) => {
      exitCode = code;
    },
  };
  try {
    const program = await buildProgram(context, new Set(argv.filter((word) => !word.startsWith("-")).slice(0, 2)));
    if (argv.length === 0) {
      program.outputHelp({ error: true });
      return EXIT.usage;
    }
    await program.parseAsync([...argv], { from: "user" });
    return exitCode ?? Number(process.exitCode ?? EXIT.done);
  } catch (error) {
    return exitCodeOf(error, io);
  }
}

function exitCodeOf(error: unknown, io: Io): number {
  // commander has said already what was wrong
  if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.done : EXIT.usage;
  if (error instanceof CommandError) {
    say(io, error.message);
    return error.exitCode;
  }
  if (error instanceof Error && error.name === "KubeError") {
    const { text, exitCode } = kubeFailure(error as KubeError);
    say(io, text);
    return exitCode;
  }
  const exitCode = error instanceof Error ? EXIT_CODES[error.name] : undefined;
  if (exitCode !== undefined) {
    say(io, (error as Error).message);
    return exitCode;
  }
  say(io, `internal error: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`);
  return EXIT.refused;
}
