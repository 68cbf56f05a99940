import { recreation } from "../facts/recreation.ts";
import { type Check, type CheckProblem, count, unread } from "./check.ts";

export const awsSidecars: Check = {
  id: "aws-sidecars",
  title: "Sidecars of the AWS injectors",
  about: "cluster",
  run({ pods }) {
    if (pods.kind !== "read") return unread(pods, "list of pods");
    const left = pods.value.filter(({ verdict }) => verdict === "aws-sidecar");
    const groups = Map.groupBy(
      left,
      ({ state: { namespace, workload } }) => `${namespace}/${workload.kind}/${workload.name}`,
    );
    const problems = [...groups.values()].flatMap(([first, ...others]): readonly CheckProblem[] => {
      if (first === undefined) return [];
      const { namespace, workload, sidecar } = first.state;
      const image = sidecar.kind === "aws" ? sidecar.image : "";
      const saw = `${count(others.length + 1, "pod")} of ${workload.kind} ${workload.name} in namespace ${namespace} with AWS's Envoy (${image}), whose control plane was switched off on 2026-09-30`;
      return [{ status: "warning", saw, hint: recreation(namespace, workload) }];
    });
    return { found: left.length === 0 ? "none" : count(left.length, "pod"), problems };
  },
};
