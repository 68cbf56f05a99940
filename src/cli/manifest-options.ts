import { type Command, Option } from "commander";
import { CommandError } from "./exit.ts";
import { readInputs } from "./inputs.ts";
import { type Io, say } from "./io.ts";
import { type ParsedInput, parseInput } from "./parsed-input.ts";
import { fileOption } from "./pod-options.ts";
import type { RewriteOptions } from "./rewrite.ts";

/** Options of the commands that read manifests. */
export interface FileOptions {
  readonly filename?: readonly string[];
  readonly recursive?: true;
}

/** Options of the commands that print manifests changed. */
export interface ManifestOptions extends FileOptions {
  readonly output?: "yaml" | "json" | "patch";
  readonly keepGoing?: true;
}

export function addInputOptions(command: Command): Command {
  return command
    .addOption(fileOption("-f, --filename <path>", "file, folder, or - for standard input; may be given several times"))
    .option("-R, --recursive", "look into the folders below as well");
}

export function addManifestOptions(command: Command): Command {
  return addInputOptions(command)
    .addOption(
      new Option("-o, --output <format>", "yaml, json, or patch: a JSON Patch a line, one for each document").choices([
        "yaml",
        "json",
        "patch",
      ]),
    )
    .option("--keep-going", "pass refused documents through untouched, instead of printing nothing");
}

/** Reads and parses what `-f` names. Throws CommandError, also when nothing is named. */
export async function parsedInputs(options: FileOptions, io: Io): Promise<readonly ParsedInput[]> {
  const { filename = [], recursive = false } = options;
  if (filename.length === 0) {
    const hint = io.stdin.isTTY === true ? "" : "; -f - reads standard input";
    throw new CommandError("usage", `-f FILE is missing: expected a file or a folder with manifests${hint}`);
  }
  const inputs = await readInputs(filename, { recursive, stdin: io.stdin });
  for (const { label, text } of inputs) {
    if (text.trim() === "") say(io, `${label} is empty: there is nothing to do`);
  }
  return inputs.map(parseInput);
}

export function rewriteOptions({ output, keepGoing }: ManifestOptions): RewriteOptions {
  return { output: output ?? "as-input", keepGoing: keepGoing === true };
}
