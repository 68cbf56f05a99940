import type { Workload } from "../manifest/workloads.ts";
import { member } from "../model/json.ts";

/** Whether an object was read from a cluster: then it has a UID. */
export function isLive({ json }: Workload): boolean {
  return member(member(json, "metadata"), "uid") !== undefined;
}

/**
 * What to do with changed objects that were read from a cluster, of these kinds; undefined where there are none. `kubectl
 * apply` removes only what it has applied itself, so the whole object has to be put in the place of the old one. What was
 * seen of each kind is in test/api/live-objects.spec.ts.
 */
export function replaceHint(live: Iterable<string>): string | undefined {
  const kinds = new Set([...live].map((kind) => (kind === "Pod" || kind === "Job" ? kind : "other")));
  const sentences = [
    kinds.has("other")
      ? "they came from a cluster: kubectl replace -f - puts them back, where apply may leave parts"
      : "",
    kinds.has("Pod")
      ? "a running pod's containers cannot be changed: kubectl replace --force -f - creates it again"
      : "",
    kinds.has("Job")
      ? "a Job's template cannot be changed, and --force would delete it and then fail: docs/command-line.md says how to create it again"
      : "",
  ];
  return sentences.filter((sentence) => sentence !== "").join("; ") || undefined;
}
