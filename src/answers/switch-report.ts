import { MESH_KEY } from "../model/names.ts";
import { type LossesSummary, lossesSummary, type ReportedWorkload, reportedWorkload } from "./losses-report.ts";
import type { AnnotationWrite, Mode, ModeTarget } from "./mode-change.ts";
import type { ModeState } from "./mode-state.ts";
import { count, plain, plainList } from "./plain-text.ts";
import type { ModeChangeEffect } from "./serving-losses.ts";

/** What `outrigger serve MESH|NAMESPACE|--all --output json` prints, and observe; the members stay, later releases may add some. */
export interface SwitchReport {
  readonly format: 1;
  readonly release: string;
  /** RFC 3339. */
  readonly time: string;
  readonly mode: Mode;
  /** `mesh/NAME`, `namespace/NAME` or `all`. */
  readonly target: string;
  /** `unchanged`: it is so already. `refused`: workloads would lose destinations, and nobody said `--yes`. */
  readonly outcome: "switched" | "tried" | "unchanged" | "refused";
  /** Annotations that were written, or would be. */
  readonly writes: readonly AnnotationWrite[];
  /** Who follows: workloads and pods whose proxies are configured otherwise. */
  readonly follow: { readonly workloads: number; readonly pods: number };
  readonly summary: LossesSummary;
  /** Workloads that are served by it, with what they lose. */
  readonly workloads: readonly ReportedWorkload[];
  /** Namespaces that stay as they are, because they say the other word themselves. */
  readonly exceptions: readonly string[];
  readonly notes: readonly string[];
}

/** What of a switch is known before it is done. */
export interface PlannedSwitch {
  readonly mode: Mode;
  readonly target: ModeTarget;
  readonly writes: readonly AnnotationWrite[];
  readonly effect: ModeChangeEffect;
  readonly exceptions: readonly string[];
  readonly notes: readonly string[];
}

export function switchReport(
  { mode, target, writes, effect, exceptions, notes }: PlannedSwitch,
  outcome: SwitchReport["outcome"],
  release: string,
  now: Date,
): SwitchReport {
  const served = effect.served.reduce((sum, { pods }) => sum + pods, 0);
  return {
    format: 1,
    release,
    time: now.toISOString(),
    mode,
    target: targetText(target),
    outcome,
    writes,
    follow: {
      workloads: effect.served.length + effect.observed.workloads,
      pods: served + effect.observed.pods,
    },
    summary: lossesSummary(effect),
    workloads: effect.served.map(reportedWorkload),
    exceptions,
    notes,
  };
}

export function targetText(target: ModeTarget): string {
  return target.kind === "all" ? "all" : `${target.kind}/${target.name}`;
}

const WORDS: Readonly<Record<Mode, string>> = { serve: "served", observe: "observed" };
const OTHER: Readonly<Record<Mode, Mode>> = { serve: "observe", observe: "serve" };

/** What was written, who follows, what stays as it is, and the way back. */
export function switchText(report: SwitchReport): string {
  const { mode, target, outcome, writes, follow, summary, exceptions, notes } = report;
  const isDone = outcome === "switched";
  const argument = target === "all" ? "--all" : target;
  const lines = writes.map(({ kind, name, before, after }) =>
    plain(`${kind} ${name}: ${MESH_KEY}=${after}${before === undefined ? "" : `, it was ${before}`}`),
  );
  const followers = `${count(follow.pods, "pod")} of ${count(follow.workloads, "workload")}`;
  const who = `${followers} ${isDone ? (follow.pods === 1 ? "follows" : "follow") : "would follow"}, without a restart`;
  const losing =
    mode === "serve" && summary.losing > 0
      ? `; ${summary.losing} of them ${isDone ? "reach" : "would reach"} their backends only`
      : "";
  return [
    ...lines,
    ...(outcome === "unchanged"
      ? [`${plain(target)} is ${WORDS[mode]} already: nothing was changed`]
      : [`${who}${losing}`]),
    ...(exceptions.length > 0
      ? [`as they are stay ${plainList(exceptions.map((name) => `namespace/${name}`))}, by their own annotation`]
      : []),
    ...notes.map((note) => `note: ${plain(note)}`),
    ...(isDone ? [`back: outrigger ${OTHER[mode]} ${plain(argument)}`] : []),
    ...(outcome === "tried" ? ["nothing was changed: this was a dry run"] : []),
    "",
  ].join("\n");
}

/** What `outrigger serve --output json` prints without anything to switch. */
export interface StateReport {
  readonly format: 1;
  readonly release: string;
  /** RFC 3339. */
  readonly time: string;
  /** `controlPlane.mesh`; null: not known. */
  readonly setting: Mode | null;
  readonly states: readonly ModeState[];
  /** What `--all` would come to. */
  readonly all: { readonly writes: readonly AnnotationWrite[]; readonly summary: LossesSummary };
  readonly notes: readonly string[];
}

/** What is served now, and what would become of it. */
export function stateText({ setting, states, all, notes }: StateReport, mode: Mode): string {
  const shown = states.map(({ kind, name, mode: is, by }) => {
    const because = by === "annotation" ? "by its annotation" : "by the setting controlPlane.mesh";
    return plain(`${kind.toLowerCase()}/${name} is ${is === null ? "not known to be served" : WORDS[is]}, ${because}`);
  });
  const { losing, keeping } = all.summary;
  const would = `outrigger ${mode} --all would write ${count(all.writes.length, "annotation")}`;
  const effect =
    mode === "serve"
      ? `: ${count(losing + keeping, "workload")} would be served, ${losing} of them would lose destinations (outrigger diff --serve)`
      : "";
  return [
    ...(states.length === 0 ? ["there is no Mesh"] : shown),
    setting === null
      ? "a Mesh that comes later is as controlPlane.mesh says, which is not known"
      : `a Mesh that comes later is ${WORDS[setting]}, by the setting controlPlane.mesh`,
    ...notes.map((note) => `note: ${plain(note)}`),
    `${would}${effect}`,
    "",
  ].join("\n");
}
