import { chmod, copyFile, lutimes, mkdir, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type ImageEntry, inArchiveOrder } from "./image-entry.ts";
import { nodeRuntimeEntries } from "./node-runtime.ts";
import { outriggerEntries } from "./outrigger-image.ts";

/**
 * `node testbed/images/write-root.ts FOLDER`, for the Dockerfile: writes the two layers of our own image as FOLDER/runtime
 * and FOLDER/outrigger, out of this checkout (`npm ci` and `npm run build` have run) and of the Debian on which this runs
 * (the packages of `runtime-packages.txt` are installed). So both ways to build the image have one list of what is in it.
 */
async function main(target: string | undefined): Promise<void> {
  if (target === undefined) throw new Error("expected the folder to write to as the only argument");
  const scratch = await mkdtemp(join(tmpdir(), "image-"));
  try {
    await writeRoot(await nodeRuntimeEntries("/", scratch), join(target, "runtime"));
    await writeRoot(await outriggerEntries(join(import.meta.dirname, "../../dist")), join(target, "outrigger"));
  } finally {
    await rm(scratch, { recursive: true });
  }
}

async function writeRoot(entries: readonly ImageEntry[], target: string): Promise<void> {
  const ordered = inArchiveOrder(entries);
  await mkdir(target, { recursive: true });
  for (const entry of ordered) {
    const path = join(target, entry.path);
    if (entry.type === "folder") await mkdir(path);
    else if (entry.type === "link") await symlink(entry.target, path);
    else if ("text" in entry.content) await writeFile(path, entry.content.text);
    else await copyFile(entry.content.file, path);
    // after the fact, because what makes a file listens to the umask
    if (entry.type !== "link") await chmod(path, entry.mode);
  }
  // the deepest first: writing into a folder changes its time
  for (const { path } of ordered.toReversed()) await lutimes(join(target, path), 0, 0);
}

await main(process.argv[2]);
