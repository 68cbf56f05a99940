import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { TestbedError } from "../testbed-error.ts";
import { copiedFile, type ImageEntry } from "./image-entry.ts";

/** Ten times what a busy machine of two cores takes. */
const COMPILE_MS = 120_000;

/** Somebody changed a source while it was compiled: what came out is not what the inputs of the layer say. */
export class SourcesChangedError extends TestbedError {}

/** Throws {@link SourcesChangedError} unless the files still have the digest that {@link digestOfSources} gave. */
export async function expectUnchanged(root: string, paths: readonly string[], digest: string): Promise<void> {
  if ((await digestOfSources(root, paths)) === digest) return;
  throw new SourcesChangedError("build", `files of ${paths.join(", ")} changed while they were compiled; try again`);
}

/** Runs a compiler of the checkout and says which image it was for when it fails. */
export async function compile(args: readonly string[], cwd: string, what: string): Promise<void> {
  try {
    await promisify(execFile)(process.execPath, args, { cwd, timeout: COMPILE_MS });
  } catch (cause) {
    const { stdout, stderr, message } = cause as { stdout?: string; stderr?: string; message: string };
    const said = `${stdout ?? ""}${stderr ?? ""}`.trim() || message;
    throw new TestbedError("build", `${what} does not compile: ${said}`, { cause });
  }
}

/** The JavaScript of a folder, without declarations, as entries under `target`. */
export async function javaScriptOf(source: string, target: string): Promise<readonly ImageEntry[]> {
  const files = await filesBelow(source);
  return files
    .filter((file) => /\.(?:js|json)$/.test(file))
    .map((file) => copiedFile(`${target}/${file}`, join(source, file)));
}

/** One digest of the files that were named or lie in a folder that was named; specs and what is generated aside. */
export async function digestOfSources(root: string, paths: readonly string[]): Promise<string> {
  const hash = createHash("sha256");
  for (const path of paths) {
    const isFile = /\.[a-z]+$/.test(path);
    const files = isFile ? [path] : (await filesBelow(join(root, path))).map((file) => `${path}/${file}`);
    for (const file of files.filter((name) => !/\.spec\.ts$|\/(?:testdata|generated)\//.test(name))) {
      const content = await readFile(join(root, file));
      hash.update(`${file} ${content.length}\n`).update(content);
    }
  }
  return hash.digest("hex");
}

async function filesBelow(folder: string): Promise<readonly string[]> {
  const items = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = items.filter((item) => item.isFile()).map((item) => join(item.parentPath, item.name));
  return files.map((file) => file.slice(folder.length + 1)).sort();
}
