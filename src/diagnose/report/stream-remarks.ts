import { count, some } from "../checks/check.ts";
import { behindHint, behindText } from "../facts/proxies-behind.ts";
import { quoted } from "../facts/quoted.ts";
import type { PodStatus } from "../facts/workload-status.ts";

/** What is to be said about pods of a workload, below its line. */
export interface Remark {
  readonly color: "green" | "red" | "yellow" | "dim";
  readonly text: string;
  /** What helps, on a line of its own. */
  readonly hint?: string;
}

/** What the streams of a workload's pods tell: who has none, who is behind, who refused something. */
export function streamRemarks(pods: readonly PodStatus[], now: Date): readonly Remark[] {
  const lost = pods.filter(({ sidecar, stream }) => sidecar.kind === "ours" && stream === "none");
  const names = some(
    lost.map(({ name }) => name),
    3,
  );
  return [
    ...(lost.length === 0
      ? []
      : [red(`${count(lost.length, "sidecar")} not connected to the control plane (${names})`)]),
    ...behindRemarks(pods, now),
    ...pods.flatMap(streamProblems),
  ];
}

/** Of those that are not ready it is said already, with the reason. */
function behindRemarks(pods: readonly PodStatus[], now: Date): readonly Remark[] {
  const named = pods.flatMap(({ stream, unready }) => {
    if (typeof stream !== "object" || stream.behind === null || unready !== "") return [];
    return [{ pod: `${stream.pod.namespace}/${stream.pod.name}`, ...stream.behind }];
  });
  if (named.length === 0) return [];
  const whose = named.length === 1 ? "its" : "their";
  const text = `${count(named.length, "sidecar")} behind the newest version of ${whose} configuration: ${behindText(named, named.length, now)}`;
  return [{ ...red(text), hint: behindHint(named) }];
}

function streamProblems({ stream, newName, sidecar }: PodStatus): readonly Remark[] {
  if (typeof stream !== "object") return [];
  const { pod, claimed, agrees, resolved, unresolved, types } = stream;
  const rejected = Object.entries(types).flatMap(([type, state]) => {
    const { rejected = "", problem = "" } = (state ?? {}) as { readonly rejected?: string; readonly problem?: string };
    return rejected === "" ? [] : [red(`pod ${pod.name} refused ${quoted(type)}: ${quoted(problem)}`)];
  });
  if (resolved === undefined)
    return [red(`pod ${pod.name} is connected, but is no node: ${quoted(unresolved)}`), ...rejected];
  const isOlderName = newName !== "" && claimed === oldNameOf(sidecar);
  if (agrees || isOlderName) return rejected;
  return [
    { color: "yellow", text: `pod ${pod.name} calls itself ${quoted(claimed)}; it is served as what its pod is` },
    ...rejected,
  ];
}

export function red(text: string): Remark {
  return { color: "red", text };
}

/** As what a pod with a sidecar was injected. */
export function oldNameOf(sidecar: PodStatus["sidecar"]): string {
  return sidecar.kind === "ours" ? sidecar.resource : "";
}
