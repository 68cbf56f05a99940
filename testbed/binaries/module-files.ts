import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { join } from "node:path";

/** The Go modules that the API tier is built from, with the files that settle what comes out. */
const API_FILES = ["etcd/go.mod", "etcd/go.sum", "etcd/main.go", "kube/go.mod", "kube/go.sum"] as const;

/** What the node tier is built from beside the API tier's programs. */
const NODE_FILES = [
  "ctr/go.mod",
  "ctr/go.sum",
  "dns/go.mod",
  "dns/go.sum",
  "dns/main.go",
  "kube/go.mod",
  "kube/go.sum",
] as const;

export const MODULES = join(import.meta.dirname, "..", "modules");

export interface BuildPlan {
  /** Names the outcome: equal keys mean equal binaries. Safe as a file name. */
  readonly key: string;
  /** Version of Kubernetes with its `v`, as in `kube/go.mod`. */
  readonly kubernetes: string;
}

/** What a build of the API tier's programs from these module files will be: read it again after changing them. */
export async function buildPlan(modules: string = MODULES): Promise<BuildPlan> {
  return await planOf("kubernetes", API_FILES, modules);
}

/** The same for the programs that only the node tier needs. */
export async function nodeBuildPlan(modules: string = MODULES): Promise<BuildPlan> {
  return await planOf("node", NODE_FILES, modules);
}

async function planOf(word: string, files: readonly string[], modules: string): Promise<BuildPlan> {
  const hash = createHash("sha256").update(`${process.platform}/${process.arch}\n`);
  for (const file of files) {
    const content = await readFile(join(modules, file));
    hash.update(`${file} ${content.length}\n`).update(content);
  }
  const goMod = await readFile(join(modules, "kube/go.mod"), "utf8");
  const kubernetes = kubernetesVersion(goMod);
  return { key: `${word}-${kubernetes}-${hash.digest("hex").slice(0, 16)}`, kubernetes };
}

/** The version that a `go.mod` requires of `k8s.io/kubernetes`. */
export function kubernetesVersion(goMod: string): string {
  const version = /^\s*(?:require\s+)?k8s\.io\/kubernetes (v\d+\.\d+\.\d+)\b/m.exec(goMod)?.[1];
  if (version === undefined) throw new Error("kube/go.mod requires no released k8s.io/kubernetes");
  return version;
}
