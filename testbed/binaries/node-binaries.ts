import { join } from "node:path";
import { type Locations, locations } from "../locations.ts";
import type { Progress } from "../progress.ts";
import { type ApiBinaries, buildApiBinaries } from "./api-binaries.ts";
import { goBuilds } from "./go-build.ts";
import { kubernetesBuild } from "./kubernetes-build.ts";
import { nodeBuildPlan } from "./module-files.ts";

const CONTAINERD = "github.com/containerd/containerd/v2";

/** Commands of Kubernetes that the API tier does not have. */
const KUBERNETES = ["kube-controller-manager", "kube-scheduler", "kubelet", "kube-proxy"] as const;

/** The programs of the node tier, by name; also the names of their files. */
export const NODE_PROGRAMS = [...KUBERNETES, "containerd", "containerd-shim-runc-v2", "ctr", "coredns"] as const;
export type NodeBinaries = ApiBinaries & Readonly<Record<(typeof NODE_PROGRAMS)[number], string>>;

/**
 * Paths of everything that the node tier runs, built from source once and kept in the user's cache. The API tier's
 * programs are always the built ones here, because all parts of Kubernetes should be of one version.
 *
 * @throws TestbedError `unavailable` without Go, `build` when Go fails.
 */
export async function nodeBinaries(
  progress: Progress,
  env: NodeJS.ProcessEnv = process.env,
  where: Locations = locations(env),
): Promise<NodeBinaries> {
  const api = await buildApiBinaries(progress, env, where);
  const plan = await nodeBuildPlan();
  const set = {
    key: plan.key,
    title: "the rest of Kubernetes, containerd and CoreDNS from source, once (three to six minutes on two cores)",
    builds: [
      {
        module: "ctr",
        packages: ["containerd", "containerd-shim-runc-v2", "ctr"].map((command) => `${CONTAINERD}/cmd/${command}`),
      },
      { module: "dns", packages: ["."], as: "coredns" },
      kubernetesBuild(plan, KUBERNETES),
    ],
  };
  const folder = await goBuilds(set, progress, env, where);
  const paths = Object.fromEntries(NODE_PROGRAMS.map((program) => [program, join(folder, program)]));
  return { ...api, ...(paths as Record<(typeof NODE_PROGRAMS)[number], string>) };
}
