import type { OldDeployment } from "../../install/preflight/app-mesh-controller.ts";
import { type Check, type CheckProblem, unread } from "./check.ts";

export const oldPrograms: Check = {
  id: "old-programs",
  title: "AWS programs installed",
  about: "cluster",
  run({ oldDeployments }) {
    if (oldDeployments.kind !== "read") return unread(oldDeployments, "list of Deployments");
    const [off, on] = [true, false].map((isOff) => oldDeployments.value.filter((one) => isSwitchedOff(one) === isOff));
    const problems = (on ?? []).map(
      ({ namespace, name, image, ready }): CheckProblem => ({
        status: "warning",
        saw: `Deployment ${name} in namespace ${namespace} runs ${image} (${ready} ready): it works against a service that AWS switched off on 2026-09-30`,
        hint: `kubectl scale -n ${namespace} deployment/${name} --replicas=0, or outrigger install --take-over, which can be undone`,
      }),
    );
    const words = [
      ...(on ?? []).map(({ name }) => name),
      ...(off ?? []).map(
        ({ name, isTakenOver }) => `${name} without replicas${isTakenOver ? ", which uninstall gives back" : ""}`,
      ),
    ];
    return { found: words.length === 0 ? "none" : words.join("; "), problems };
  },
};

function isSwitchedOff({ replicas, ready }: OldDeployment): boolean {
  return replicas === 0 && ready === 0;
}
