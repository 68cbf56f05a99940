import { createHash } from "node:crypto";
import { once } from "node:events";
import { access, copyFile, mkdir, mkdtemp, readFile, rename } from "node:fs/promises";
import { join } from "node:path";
import { type Locations, locations } from "./locations.ts";
import { bindDirectory, spawnBound } from "./process/bound-process.ts";
import { withFileLock } from "./process/file-lock.ts";
import type { Progress } from "./progress.ts";
import { TestbedError } from "./testbed-error.ts";

const FOLDER = join(import.meta.dirname, "../test/release-0.1.0");
const FILES = ["outrigger-0.1.0.tgz", "package.json", "package-lock.json"] as const;

/** What tests recall of the release before this one. */
export interface ReleaseBefore {
  readonly version: string;
  /** Folder of its package; its dependencies are beside it. */
  readonly package: string;
  /** The program, for this Node.js. */
  readonly main: string;
}

/**
 * The release before this one, as its users installed it: out of the file in `test/`, with its dependencies from the registry. Installed
 * once and kept in the user's cache; two processes never do that at once, and the folder appears complete or not at all.
 *
 * @throws TestbedError `build` when npm fails (its output went to standard error).
 */
export async function releaseBefore(progress: Progress, where: Locations = locations()): Promise<ReleaseBefore> {
  const hash = createHash("sha256");
  for (const file of FILES) hash.update(await readFile(join(FOLDER, file)));
  const folder = join(where.binaries, `release-0.1.0-${hash.digest("hex").slice(0, 16)}`);
  const waiting = () => progress("another process is installing the release before; waiting for it");
  if (!(await exists(folder))) {
    await withFileLock(join(where.locks, "release-before.lock"), waiting, async () => {
      if (!(await exists(folder))) await installed(folder, progress, where);
    });
  }
  const path = join(folder, "node_modules/outrigger");
  return { version: "0.1.0", package: path, main: join(path, "dist/cli/main.js") };
}

async function installed(folder: string, progress: Progress, where: Locations): Promise<void> {
  await mkdir(where.binaries, { recursive: true });
  const unfinished = await bindDirectory(await mkdtemp(join(where.binaries, "unfinished-")));
  try {
    progress("installing the release before, once");
    const fresh = join(unfinished.path, "release");
    await mkdir(fresh);
    for (const file of FILES) await copyFile(join(FOLDER, file), join(fresh, file));
    // it runs with the Node.js of this checkout, and needs none of its own
    const flags = ["--omit=dev", "--omit=optional", "--ignore-scripts", "--no-audit", "--no-fund"];
    const npm = spawnBound("npm", ["ci", ...flags], { cwd: fresh, stdio: ["ignore", 2, 2] });
    const [code, signal] = await once(npm, "exit");
    if (code !== 0) {
      throw new TestbedError("build", `npm ci of the release before failed (${signal ?? `exit code ${code}`})`);
    }
    await rename(fresh, folder);
  } finally {
    await unfinished.remove();
  }
}

function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}
