import type { JudgedPod } from "../facts/cluster-facts.ts";
import { recreation } from "../facts/recreation.ts";
import type { Verdict } from "../facts/verdict.ts";
import { type Check, type CheckProblem, count, some, unread } from "./check.ts";

/** What a verdict means for a workload's pods; the others are no problem. */
const MEANING: Partial<Record<Verdict, { readonly status: CheckProblem["status"]; readonly says: string }>> = {
  "slipped-through": { status: "failed", says: "slipped through: created without a sidecar while injection was on" },
  "refused-now": { status: "warning", says: "would be refused if created now" },
  "record-mismatch": { status: "warning", says: "changed after injection: the record does not fit" },
};

export const sidecars: Check = {
  id: "sidecars",
  title: "Pods and their sidecars",
  about: "installation",
  run({ pods }) {
    if (pods.kind !== "read") return unread(pods, "list of pods");
    const tally = new Map<Verdict, number>();
    for (const { verdict } of pods.value) tally.set(verdict, (tally.get(verdict) ?? 0) + 1);
    const words = [...tally].map(([verdict, number]) => `${number} ${verdict}`);
    const groups = Map.groupBy(pods.value, keyOf);
    const found = `${count(pods.value.length, "pod")} in labelled namespaces${words.length > 0 ? `: ${words.join(", ")}` : ""}`;
    return {
      found,
      problems: [
        ...[...groups.values()].flatMap(problemOf),
        ...strangerProblems(pods.value),
        ...unreadyProblems(pods.value),
      ],
    };
  },
};

/** A new authority, as after an uninstallation, is unknown to the sidecars that were there before. */
function strangerProblems(pods: readonly JudgedPod[]): readonly CheckProblem[] {
  const strangers = pods.map(({ state }) => state).filter(({ isStranger }) => isStranger);
  const groups = Map.groupBy(strangers, ({ namespace, workload }) =>
    [namespace, workload.kind, workload.name].join("/"),
  );
  return [...groups.values()].flatMap((group): readonly CheckProblem[] => {
    const [first] = group;
    if (first === undefined) return [];
    const { namespace, workload } = first;
    const saw = `${count(group.length, "sidecar")} of ${workload.kind} ${workload.name} in namespace ${namespace} ${group.length === 1 ? "knows" : "know"} none of the mesh's roots, and so cannot connect to the control plane`;
    const hint = `${recreation(namespace, workload)}; or, for all running pods and without a restart, outrigger trust rotate --mesh`;
    return [{ status: "warning", saw, hint }];
  });
}

/** One sentence for the pods of a workload whose sidecars are not ready for the same reason. */
function unreadyProblems(pods: readonly JudgedPod[]): readonly CheckProblem[] {
  const stuck = pods.map(({ state }) => state).filter(({ unready }) => unready !== "");
  const groups = Map.groupBy(stuck, ({ namespace, workload, unready }) =>
    [namespace, workload.kind, workload.name, unready].join("/"),
  );
  return [...groups.values()].flatMap((group) => {
    const [first] = group;
    if (first === undefined) return [];
    const { namespace, workload, name, unready } = first;
    const names = some(
      group.map((state) => state.name),
      3,
    );
    const whose = `${count(group.length, "pod")} of ${workload.kind} ${workload.name} in namespace ${namespace}`;
    const saw = `the sidecar of ${whose} is not ready: ${unready} (${names})`;
    return [{ status: "failed", saw, hint: `kubectl logs ${name} -c envoy -n ${namespace}` }];
  });
}

function keyOf({ state: { namespace, workload }, verdict }: JudgedPod): string {
  return [namespace, workload.kind, workload.name, verdict].join("/");
}

function problemOf(group: readonly JudgedPod[]): readonly CheckProblem[] {
  const [first] = group;
  const meaning = first === undefined ? undefined : MEANING[first.verdict];
  if (first === undefined || meaning === undefined) return [];
  const { namespace, workload, now, sidecar } = first.state;
  const names = some(
    group.map(({ state }) => state.name),
    3,
  );
  const why = sidecar.kind === "unfit" ? `: ${sidecar.problem}` : now.outcome === "deny" ? `: ${now.message}` : "";
  const saw = `${count(group.length, "pod")} of ${workload.kind} ${workload.name} in namespace ${namespace} ${meaning.says}${why} (${names})`;
  const again = recreation(namespace, workload);
  return [{ status: meaning.status, saw, hint: now.outcome === "deny" ? `mend that first; then ${again}` : again }];
}
