import { execFile } from "node:child_process";
import { access, constants } from "node:fs/promises";
import { delimiter, join } from "node:path";
import { promisify } from "node:util";
import { type Locations, locations } from "../locations.ts";
import type { Progress } from "../progress.ts";
import { TestbedError } from "../testbed-error.ts";
import { goBuilds } from "./go-build.ts";
import { kubernetesBuild } from "./kubernetes-build.ts";
import { buildPlan } from "./module-files.ts";

const run = promisify(execFile);

/** The programs of the API tier, by name; also the names of their files. */
export const API_PROGRAMS = ["etcd", "kube-apiserver", "kubectl"] as const;
export type ApiProgram = (typeof API_PROGRAMS)[number];
export type ApiBinaries = Readonly<Record<ApiProgram, string>>;

/** The oldest minor version of Kubernetes 1 that Outrigger supports: 1.30 has match conditions as a stable API. */
const OLDEST_MINOR = 30;

/**
 * Paths of etcd, kube-apiserver and kubectl: from `KUBEBUILDER_ASSETS`, else from `PATH` when all three are there and
 * Kubernetes is 1.30 or newer, else built from source once and kept in the user's cache.
 *
 * `KUBEBUILDER_ASSETS` without one of the three is an error (`unavailable`): who sets it means it.
 */
export async function apiBinaries(
  progress: Progress,
  env: NodeJS.ProcessEnv = process.env,
  where: Locations = locations(env),
): Promise<ApiBinaries> {
  const assets = env.KUBEBUILDER_ASSETS;
  if (assets !== undefined && assets !== "") {
    const found = await programsIn([assets]);
    const all = complete(found);
    if (all !== undefined) return all;
    const missing = API_PROGRAMS.filter((program) => found[program] === undefined);
    throw new TestbedError(
      "unavailable",
      `KUBEBUILDER_ASSETS is ${assets}, but there is no executable ${missing.join(", ")} there; ` +
        "put it there, or unset the variable to have the programs built",
    );
  }

  const onPath = complete(await programsIn((env.PATH ?? "").split(delimiter)));
  if (onPath !== undefined) {
    const minor = await minorVersion(onPath["kube-apiserver"]);
    if (minor !== undefined && minor >= OLDEST_MINOR) return onPath;
    progress(`${onPath["kube-apiserver"]} is older than 1.${OLDEST_MINOR}: not used`);
  }

  return await buildApiBinaries(progress, env, where);
}

/**
 * The three programs built from the modules beside this folder, or what an earlier build left.
 *
 * @throws TestbedError `unavailable` without Go, `build` when Go fails.
 */
export async function buildApiBinaries(
  progress: Progress,
  env: NodeJS.ProcessEnv,
  where: Locations,
): Promise<ApiBinaries> {
  const plan = await buildPlan();
  const set = {
    key: plan.key,
    title: `etcd and Kubernetes ${plan.kubernetes} from source, once (four to eight minutes on two cores)`,
    builds: [{ module: "etcd", packages: ["."], as: "etcd" }, kubernetesBuild(plan, ["kube-apiserver", "kubectl"])],
  };
  const folder = await goBuilds(set, progress, env, where);
  return {
    etcd: join(folder, "etcd"),
    "kube-apiserver": join(folder, "kube-apiserver"),
    kubectl: join(folder, "kubectl"),
  };
}

/** The first executable of each name in the folders, in the order of the folders. */
async function programsIn(folders: readonly string[]): Promise<Partial<Record<ApiProgram, string>>> {
  const found: Partial<Record<ApiProgram, string>> = {};
  for (const program of API_PROGRAMS) {
    for (const folder of folders) {
      const path = join(folder === "" ? "." : folder, program);
      if (await isExecutable(path)) {
        found[program] = path;
        break;
      }
    }
  }
  return found;
}

function complete(found: Partial<Record<ApiProgram, string>>): ApiBinaries | undefined {
  const { etcd, kubectl } = found;
  const apiServer = found["kube-apiserver"];
  if (etcd === undefined || kubectl === undefined || apiServer === undefined) return undefined;
  return { etcd, "kube-apiserver": apiServer, kubectl };
}

async function isExecutable(path: string): Promise<boolean> {
  return access(path, constants.X_OK).then(
    () => true,
    () => false,
  );
}

async function minorVersion(apiServer: string): Promise<number | undefined> {
  const output = await run(apiServer, ["--version"]).then(
    ({ stdout }) => stdout,
    () => "",
  );
  return parseMinorVersion(output);
}

/** The minor version out of `Kubernetes v1.36.3`; undefined when the text says nothing like it. */
export function parseMinorVersion(output: string): number | undefined {
  const match = /^Kubernetes v1\.(\d+)\./m.exec(output);
  return match?.[1] === undefined ? undefined : Number(match[1]);
}
