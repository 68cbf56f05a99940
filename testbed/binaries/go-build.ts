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
import type { ApiBinaries } from "./api-binaries.ts";
import { buildPlan, MODULES } from "./module-files.ts";

const STILL_BUILDING_MS = 30_000;

/**
 * Builds etcd, kube-apiserver and kubectl from the modules beside this folder, or returns what an earlier build left.
 * Two processes never build at once, and the folder appears complete or not at all.
 *
 * @throws TestbedError `unavailable` without Go, `build` when Go fails (its output went to standard error).
 */
export async function buildApiBinaries(
  progress: Progress,
  env: NodeJS.ProcessEnv,
  where: Locations,
): Promise<ApiBinaries> {
  const plan = await buildPlan();
  const folder = join(where.binaries, plan.key);
  if (await exists(folder)) return binariesIn(folder);
  await requireGo(env);
  const waiting = () => progress("another process is building Kubernetes; waiting for it");
  return await withFileLock(join(where.locks, "build.lock"), waiting, async () => {
    if (await exists(folder)) return binariesIn(folder);
    await mkdir(where.binaries, { recursive: true });
    const unfinished = await bindDirectory(await mkdtemp(join(where.binaries, "unfinished-")));
    try {
      const out = join(unfinished.path, "bin");
      const start = performance.now();
      progress(
        `building etcd and Kubernetes ${plan.kubernetes} from source, once (four to eight minutes on two cores)`,
      );
      await goBuild("etcd", ["-o", `${out}/etcd`, "."], "", env, progress);
      const version = `-X k8s.io/component-base/version.gitVersion=${plan.kubernetes}`;
      const commands = ["kube-apiserver", "kubectl"].map((command) => `k8s.io/kubernetes/cmd/${command}`);
      await goBuild("kube", ["-o", `${out}/`, ...commands], version, env, progress);
      await rename(out, folder);
      progress(`built in ${seconds(performance.now() - start)} s`);
    } finally {
      await unfinished.remove();
    }
    return binariesIn(folder);
  });
}

async function goBuild(
  module: string,
  args: readonly string[],
  linkerFlags: string,
  env: NodeJS.ProcessEnv,
  progress: Progress,
): Promise<void> {
  const flags = ["build", "-trimpath", "-mod=readonly", "-buildvcs=false", `-ldflags=-s -w ${linkerFlags}`.trim()];
  const start = performance.now();
  const ticker = setInterval(
    () => progress(`still building ${module} (${seconds(performance.now() - start)} s)`),
    STILL_BUILDING_MS,
  );
  const go = spawnBound("go", [...flags, ...args], {
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
      "no etcd, kube-apiserver and kubectl were found and they cannot be built, because there is no Go; install Go 1.21 " +
        "or newer (it fetches the version that it needs), or point KUBEBUILDER_ASSETS to a folder with the three programs",
      { cause },
    );
  }
}

function binariesIn(folder: string): ApiBinaries {
  return {
    etcd: join(folder, "etcd"),
    "kube-apiserver": join(folder, "kube-apiserver"),
    kubectl: join(folder, "kubectl"),
  };
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
