import { execFile } from "node:child_process";
import { once } from "node:events";
import { access, mkdir, mkdtemp, rename } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import type { Locations } from "../locations.ts";
import { bindDirectory, spawnBound } from "../process/bound-process.ts";
import { withFileLock } from "../process/file-lock.ts";
import type { Progress } from "../progress.ts";
import { TestbedError } from "../testbed-error.ts";
import { MODULES } from "./module-files.ts";

const STILL_BUILDING_MS = 30_000;

/** One `go build`: packages of one module into one folder. */
export interface GoBuild {
  /** Folder under `modules/`. */
  readonly module: string;
  readonly packages: readonly string[];
  /** Name of the program when `packages` is `.`, which Go would name after the module. */
  readonly as?: string;
  /** `-X` and the like, beside what all builds have. */
  readonly linkerFlags?: string;
}

/** A set of builds whose programs lie in one folder of the cache. */
export interface BuildSet {
  /** Name of the folder; equal keys mean equal programs. */
  readonly key: string;
  /** What is built and how long that takes, for a person: `building <title>`. */
  readonly title: string;
  readonly builds: readonly GoBuild[];
}

/**
 * Builds the set, or returns the folder that an earlier build left. Two processes never build at once, and the folder
 * appears complete or not at all.
 *
 * @throws TestbedError `unavailable` without Go, `build` when Go fails (its output went to standard error).
 */
export async function goBuilds(
  set: BuildSet,
  progress: Progress,
  env: NodeJS.ProcessEnv,
  where: Locations,
): Promise<string> {
  const folder = join(where.binaries, set.key);
  if (await exists(folder)) return folder;
  await requireGo(env);
  const waiting = () => progress("another process is building Kubernetes; waiting for it");
  return await withFileLock(join(where.locks, "build.lock"), waiting, async () => {
    if (await exists(folder)) return folder;
    await mkdir(where.binaries, { recursive: true });
    const unfinished = await bindDirectory(await mkdtemp(join(where.binaries, "unfinished-")));
    try {
      const out = join(unfinished.path, "bin");
      const start = performance.now();
      progress(`building ${set.title}`);
      for (const build of set.builds) await goBuild(build, out, env, progress);
      await rename(out, folder);
      progress(`built in ${seconds(performance.now() - start)} s`);
    } finally {
      await unfinished.remove();
    }
    return folder;
  });
}

async function goBuild(build: GoBuild, out: string, env: NodeJS.ProcessEnv, progress: Progress): Promise<void> {
  const { module, packages, as, linkerFlags = "" } = build;
  const flags = ["build", "-trimpath", "-mod=readonly", "-buildvcs=false", `-ldflags=-s -w ${linkerFlags}`.trim()];
  const target = as === undefined ? `${out}/` : join(out, as);
  const start = performance.now();
  const ticker = setInterval(
    () => progress(`still building ${module} (${seconds(performance.now() - start)} s)`),
    STILL_BUILDING_MS,
  );
  const go = spawnBound("go", [...flags, "-o", target, ...packages], {
    cwd: join(MODULES, module),
    // A go.work file of the user's, or cgo, would build something else than what the module files say.
    env: { ...env, CGO_ENABLED: "0", GOWORK: "off" },
    stdio: ["ignore", 2, 2],
  });
  try {
    const [code, signal] = await once(go, "exit");
    if (code === 0) return;
    throw new TestbedError(
      "build",
      `\`go build\` of testbed/modules/${module} failed (${signal ?? `exit code ${code}`})`,
    );
  } finally {
    clearInterval(ticker);
  }
}

async function requireGo(env: NodeJS.ProcessEnv): Promise<void> {
  try {
    await promisify(execFile)("go", ["version"], { env });
  } catch (cause) {
    throw new TestbedError(
      "unavailable",
      "Kubernetes was not found and cannot be built, because there is no Go; install Go 1.21 or newer (it fetches the " +
        "version that it needs), or, for the API tier alone, point KUBEBUILDER_ASSETS to a folder with etcd, " +
        "kube-apiserver and kubectl",
      { cause },
    );
  }
}

async function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}

function seconds(milliseconds: number): string {
  return (milliseconds / 1_000).toFixed(0);
}
