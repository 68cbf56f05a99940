import { type Check, type CheckProblem, unread } from "./check.ts";

export const oldPrograms: Check = {
  id: "old-programs",
  title: "AWS programs installed",
  about: "cluster",
  run({ oldDeployments }) {
    if (oldDeployments.kind !== "read") return unread(oldDeployments, "list of Deployments");
    const problems = oldDeployments.value.map(
      ({ namespace, name, image, ready }): CheckProblem => ({
        status: "warning",
        saw: `Deployment ${name} in namespace ${namespace} runs ${image} (${ready} ready): it works against a service that AWS switched off on 2026-09-30`,
        hint: `kubectl scale -n ${namespace} deployment/${name} --replicas=0, and remove it when Outrigger has taken over`,
      }),
    );
    return {
      found: problems.length === 0 ? "none" : oldDeployments.value.map(({ name }) => name).join(", "),
      problems,
    };
  },
};
