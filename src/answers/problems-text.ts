import { ANSWER_LIMITS } from "./limits.ts";
import { count, plain, titleOf } from "./plain-text.ts";
import type { FilePlace, ProblemsReport, ReportedProblem } from "./problems-report.ts";
import { SEVERITY_COLORS, type Severity } from "./severity.ts";

type Paint = (color: "green" | "red" | "yellow" | "dim" | "bold", text: string) => string;

const GRAVEST_FIRST: readonly Severity[] = ["error", "warning"];
const WORD_WIDTH = "warning".length;
const INDENT = " ".repeat(WORD_WIDTH + 4);

/** Object by object what is wrong with it and what helps. Where not all can be printed, the gravest are. */
export function problemsText(report: ProblemsReport, paint: Paint): string {
  const { problems, notes } = report;
  const shown = gravest(problems);
  const more = problems.length - shown.length;
  return [
    ...[...Map.groupBy(shown, objectTitle)].flatMap(([title, group]) => [...objectLines(title, group, paint), ""]),
    ...(more > 0 ? [`and ${count(more, "problem")} more: --output json shows all, -n and --mesh some`, ""] : []),
    ...(problems.length > 0
      ? [paint("dim", "what a problem means, and an example: outrigger problems --explain CODE (docs/problems.md)")]
      : []),
    ...noteLines(notes, paint),
    summaryLine(report, paint),
    "",
  ].join("\n");
}

/** As many as are printed, in the order given. */
function gravest(problems: readonly ReportedProblem[]): readonly ReportedProblem[] {
  const byRank = GRAVEST_FIRST.flatMap((rank) => problems.filter(({ severity }) => severity === rank));
  const printed = new Set(byRank.slice(0, ANSWER_LIMITS.printedProblems));
  return problems.filter((problem) => printed.has(problem));
}

function noteLines(notes: readonly string[], paint: Paint): readonly string[] {
  const shown = notes.slice(0, ANSWER_LIMITS.printedNotes);
  const more = notes.length - shown.length;
  const label = paint("yellow", "note");
  return [
    ...shown.map((note) => `${label}: ${plain(note)}`),
    ...(more > 0 ? [`${label}: and ${more} more: --output json shows all`] : []),
  ];
}

function objectLines(title: string, group: readonly ReportedProblem[], paint: Paint): readonly string[] {
  return [
    paint("bold", title),
    ...group.flatMap((problem) => [
      `  ${word(problem.severity, paint)}  ${[problem.code, problem.path, at(problem.place)].map(plain).filter(Boolean).join("  ")}`,
      `${INDENT}${plain(problem.message)}`,
      `${INDENT}${paint("bold", "hint")}: ${plain(problem.help)}`,
    ]),
  ];
}

function summaryLine({ summary }: ProblemsReport, paint: Paint): string {
  const { objects, ignored, errors, warnings } = summary;
  const looked = `${count(objects, "App Mesh object")}${ignored > 0 ? ` (and ${count(ignored, "other")}, ignored)` : ""}`;
  const counts = [
    ...(errors > 0 ? [count(errors, "error")] : []),
    ...(warnings > 0 ? [count(warnings, "warning")] : []),
  ].join(", ");
  const color = errors > 0 ? "red" : warnings > 0 ? "yellow" : "green";
  return paint(color, `${looked}: ${counts || "no problems"}`);
}

function objectTitle({ object, place }: ReportedProblem): string {
  if (object === null) return plain(at(place) || "a document");
  return plain(titleOf(object));
}

function word(severity: Severity, paint: Paint): string {
  return paint(SEVERITY_COLORS[severity], severity.padEnd(WORD_WIDTH));
}

function at(place: FilePlace | null): string {
  return place === null ? "" : `${place.file}:${place.line}`;
}
