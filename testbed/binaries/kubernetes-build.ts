import type { GoBuild } from "./go-build.ts";
import type { BuildPlan } from "./module-files.ts";

/** Builds commands of Kubernetes that know their own version; without it they call themselves v0.0.0-master. */
export function kubernetesBuild(plan: BuildPlan, commands: readonly string[]): GoBuild {
  return {
    module: "kube",
    packages: commands.map((command) => `k8s.io/kubernetes/cmd/${command}`),
    linkerFlags: `-X k8s.io/component-base/version.gitVersion=${plan.kubernetes}`,
  };
}
