import { readdir, readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import type { Readable } from "node:stream";
import { MAX_INPUT_BYTES } from "../manifest/limits.ts";
import { ManifestError } from "../manifest/manifest-error.ts";
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
    if (path === "-") inputs.push({ label: "stdin", text: decoded(await allOf(options.stdin), "stdin") });
    else for (const file of await filesOf(path, options.recursive)) inputs.push(await readInput(file));
  }
  return inputs;
}

/** Reads one file. */
export async function readInput(path: string): Promise<Input> {
  const bytes = await reading(path, async () => {
    refuseSize((await stat(path)).size, path);
    return await readFile(path);
  });
  return { label: path, text: decoded(bytes, path) };
}

async function filesOf(path: string, recursive: boolean): Promise<readonly string[]> {
  return await reading(path, async () => {
    if (!(await stat(path)).isDirectory()) return [path];
    const entries = await readdir(path, { recursive, withFileTypes: true });
    const files = entries
      .filter((entry) => !entry.isDirectory() && /\.(ya?ml|json)$/.test(entry.name))
      .map((entry) => join(entry.parentPath, entry.name));
    if (files.length === 0) {
      const hint = recursive ? "" : " (-R looks into the folders below)";
      throw new CommandError("usage", `${path} holds no .yaml, .yml or .json file${hint}`);
    }
    return files.toSorted((a, b) => (a < b ? -1 : 1));
  });
}

async function reading<T>(path: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof CommandError || error instanceof ManifestError) throw error;
    const { code } = error as NodeJS.ErrnoException;
    const what = code === "ENOENT" ? "does not exist" : `cannot be read: ${(error as Error).message}`;
    throw new CommandError("unreachable", `${path} ${what}`, { cause: error });
  }
}

async function allOf(stream: Readable): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of stream) {
    chunks.push(Buffer.from(chunk as Buffer | string));
    size += chunks.at(-1)?.length ?? 0;
    refuseSize(size, "stdin");
  }
  return Buffer.concat(chunks);
}

function refuseSize(bytes: number, label: string): void {
  if (bytes <= MAX_INPUT_BYTES) return;
  throw new ManifestError("too-large", `${label} is larger than ${MAX_INPUT_BYTES / 1024 / 1024} MiB: split it`);
}

function decoded(bytes: Buffer, label: string): string {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch (error) {
    throw new ManifestError("not-utf-8", `${label} is not UTF-8 text`, { cause: error });
  }
}
