import type { OwnerFacts } from "../model/facts.ts";
import { CommandError } from "./exit.ts";

const API_VERSIONS: Readonly<Record<string, string>> = {
  deployment: "apps/v1 Deployment",
  statefulset: "apps/v1 StatefulSet",
  daemonset: "apps/v1 DaemonSet",
  replicaset: "apps/v1 ReplicaSet",
  job: "batch/v1 Job",
  cronjob: "batch/v1 CronJob",
  rollout: "argoproj.io/v1alpha1 Rollout",
};

/** The owner that `--owner KIND/NAME` names. Throws CommandError for anything of another shape. */
export function ownerArgument(text: string): OwnerFacts {
  const [kind, name, ...rest] = text.split("/");
  if (!kind || !name || rest.length > 0) {
    throw new CommandError("usage", `--owner ${text}: expected KIND/NAME, such as Deployment/web`);
  }
  const known = API_VERSIONS[kind.toLowerCase()]?.split(" ") ?? ["", kind];
  return { kind: "known", owner: { apiVersion: known[0] as string, kind: known[1] as string, name, uid: "" } };
}
