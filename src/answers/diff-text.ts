import type { ObjectRef } from "../model/mesh-object.ts";
import type { AppliedObject } from "./after-apply.ts";
import type { DiffedProblem, DiffReport } from "./diff-report.ts";
import { ANSWER_LIMITS } from "./limits.ts";
import type { ChangedProxies, ResourceChange } from "./mesh-diff.ts";
import { count, plain, plainList, titleOf } from "./plain-text.ts";
import { SEVERITY_COLORS } from "./severity.ts";

type Paint = (color: "green" | "red" | "yellow" | "dim" | "bold", text: string) => string;

const SIGNS = { comes: "+", changes: "~", goes: "-" } as const satisfies Record<ResourceChange["change"], string>;
const SIGN_COLORS = { comes: "green", changes: "yellow", goes: "red" } as const;
const OUTCOME_COLORS = {
  created: "green",
  configured: "yellow",
  unchanged: "dim",
  deleted: "red",
  refused: "red",
} as const satisfies Record<AppliedObject["outcome"], string>;

/** Objects that change, workload by workload what its proxies get, problems that come and go. */
export function diffText(report: DiffReport, paint: Paint): string {
  const { objects, proxies, withoutPods, appearing, ending, notes } = report;
  const changed = objects.filter(({ outcome }) => outcome !== "unchanged");
  const shown = proxies.slice(0, ANSWER_LIMITS.printedWorkloads);
  const more = proxies.length - shown.length;
  return [
    ...changed.flatMap(({ object, outcome, why }) => [
      `${plain(titleOf(object))}  ${paint(OUTCOME_COLORS[outcome], outcome)}${why === "" ? "" : `: ${plain(why)}`}`,
    ]),
    ...(changed.length === 0 ? [] : [""]),
    ...shown.flatMap((one) => [...workloadLines(one, paint), ""]),
    ...(more > 0 ? [`and ${count(more, "workload")} more: --output json shows all`, ""] : []),
    ...(withoutPods.length === 0
      ? []
      : [`without pods just now, and others than before: ${plainList(withoutPods.map(titleOf))}`, ""]),
    ...problemSection("problems that appear", appearing, paint),
    ...problemSection("problems that end", ending, paint),
    ...notes.map((note) => `${paint("yellow", "note")}: ${plain(note)}`),
    summaryLine(report, paint),
    "",
  ].join("\n");
}

function workloadLines({ namespace, workload, pods, before, after, resources }: ChangedProxies, paint: Paint) {
  const title = `${namespace} ${workload.kind}/${workload.name}`;
  const shown = resources.slice(0, ANSWER_LIMITS.printedNeighbours);
  const more = resources.length - shown.length;
  const width = Math.max(...shown.map(({ type }) => type.length));
  return [
    `${paint("bold", plain(title))}  ${count(pods.length, "proxy", "proxies")}, ${plain(nodeText(before, after))}`,
    ...shown.flatMap(({ change, type, what, because, details }) => {
      const by = because.length === 0 ? "" : paint("dim", `  (${plainList(because.map(titleOf))})`);
      return [
        `  ${paint(SIGN_COLORS[change], SIGNS[change])} ${type.padEnd(width)}  ${plain(what)}${by}`,
        ...details.slice(0, ANSWER_LIMITS.namedObjects).map((line) => `      ${plain(line)}`),
      ];
    }),
    ...(more > 0 ? [`  and ${count(more, "resource")} more: --output json shows all`] : []),
  ];
}

function nodeText(before: ObjectRef | null, after: ObjectRef | null): string {
  const [was, is] = [before, after].map((node) => (node === null ? "no node (passes through)" : titleOf(node)));
  return was === is ? `of ${is}` : `from ${was} to ${is}`;
}

function problemSection(title: string, problems: readonly DiffedProblem[], paint: Paint): readonly string[] {
  if (problems.length === 0) return [];
  const shown = problems.slice(0, ANSWER_LIMITS.printedNeighbours);
  const more = problems.length - shown.length;
  return [
    paint("bold", title),
    ...shown.flatMap(({ severity, code, object, path, message, help }) => [
      `  ${paint(SEVERITY_COLORS[severity], severity)}  ${code}  ${plain(`${titleOf(object)}  ${path}`.trimEnd())}`,
      `      ${plain(message)}`,
      ...(title.endsWith("end") ? [] : [`      ${paint("bold", "hint")}: ${plain(help)}`]),
    ]),
    ...(more > 0 ? [`  and ${count(more, "problem")} more: --output json shows all`] : []),
    "",
  ];
}

function summaryLine({ summary }: DiffReport, paint: Paint): string {
  const { objects, refused, workloads, proxies, unchanged, appearing, ending } = summary;
  if (objects === 0 && refused === 0) return paint("green", "nothing would change");
  const parts = [
    `${count(objects, "object")} would change`,
    ...(refused > 0 ? [`${refused} would be refused`] : []),
    proxies === 0
      ? "no proxy gets anything"
      : `${count(proxies, "proxy", "proxies")} of ${count(workloads, "workload")} would get something`,
    `${unchanged} ${unchanged === 1 ? "stays as it is" : "stay as they are"}`,
    ...(appearing > 0 ? [`${count(appearing, "problem")} would appear`] : []),
    ...(ending > 0 ? [`${count(ending, "problem")} would end`] : []),
  ];
  return paint(refused > 0 || appearing > 0 ? "red" : "yellow", parts.join("; "));
}
