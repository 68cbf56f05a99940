import { readdir } from "node:fs/promises";
import { join } from "node:path";
import type { Readable } from "node:stream";
import { boundedFile, boundedStream, factsOf, unreadable } from "./bounded-file.ts";
import { decodedText } from "./decode-text.ts";
import { CommandError } from "./exit.ts";

/** One text to work on. */
export interface Input {
  /** The path as it was given or found, or `stdin`. */
  readonly label: string;
  readonly text: string;
}

export interface InputOptions {
  readonly recursive: boolean;
  readonly stdin: Readable;
}

/**
 * Reads what `-f` names: files, `-` for standard input, or folders with all their `.yaml`, `.yml` and `.json` files in
 * the order of their names. Throws CommandError, or ManifestError for content that is no text of a fitting size.
 */
export async function readInputs(paths: readonly string[], options: InputOptions): Promise<readonly Input[]> {
  if (paths.filter((path) => path === "-").length > 1) {
    throw new CommandError("usage", "-f - is given more than once: standard input can be read only once");
  }
  const inputs: Input[] = [];
  for (const path of paths) {
    if (path === "-")
      inputs.push({ label: "stdin", text: decodedText(await boundedStream(options.stdin, "stdin"), "stdin") });
    else for (const file of await filesOf(path, options.recursive)) inputs.push(await readInput(file));
  }
  return inputs;
}

/** Reads one file. */
export async function readInput(path: string): Promise<Input> {
  return { label: path, text: decodedText(await boundedFile(path), path) };
}

async function filesOf(path: string, recursive: boolean): Promise<readonly string[]> {
  if (!(await factsOf(path)).isDirectory()) return [path];
  const entries = await readdir(path, { recursive, withFileTypes: true }).catch((error: unknown) => {
    throw unreadable(path, `cannot be listed: ${(error as Error).message}`, error);
  });
  const files = entries
    .filter((entry) => !entry.isDirectory() && /\.(ya?ml|json)$/.test(entry.name))
    .map((entry) => join(entry.parentPath, entry.name))
    .toSorted((a, b) => (a < b ? -1 : 1));
  if (files.length === 0) {
    const hint = recursive ? "" : " (-R looks into the folders below)";
    throw new CommandError("usage", `${path} holds no .yaml, .yml or .json file${hint}`);
  }
  for (const file of files) await refuseUnlikely(file);
  return files;
}

/** In a folder only files count: a pipe that nobody writes into would hold everything up. */
async function refuseUnlikely(file: string): Promise<void> {
  const facts = await factsOf(file);
  if (facts.isFile()) return;
  if (facts.isDirectory()) throw unreadable(file, "is a link to a folder, which is not followed: give it with -f");
  throw unreadable(file, "is no file but a pipe, a socket or a device: give it with -f, or take it out of the folder");
}
