import { oneLine } from "../../model/one-line.ts";
import type { CheckProblem, CheckResult, Status } from "../checks/check.ts";
import { DIAGNOSE_LIMITS } from "../limits.ts";

/** What `outrigger check --output json` prints; the members stay, later releases may add some. */
export interface CheckReport {
  readonly format: 1;
  readonly release: string;
  /** RFC 3339. */
  readonly time: string;
  readonly summary: Readonly<Record<"ok" | "warnings" | "failed" | "notApplicable", number>>;
  readonly checks: readonly CheckResult[];
}

export function checkReport(results: readonly CheckResult[], release: string, now: Date): CheckReport {
  const number = (status: Status): number => results.filter((result) => result.status === status).length;
  return {
    format: 1,
    release,
    time: now.toISOString(),
    summary: {
      ok: number("ok"),
      warnings: number("warning"),
      failed: number("failed"),
      notApplicable: number("not-applicable"),
    },
    checks: results,
  };
}

type Paint = (color: "green" | "red" | "yellow" | "dim" | "bold", text: string) => string;

const COLORS = { ok: "green", warning: "yellow", failed: "red", "not-applicable": "dim" } as const;
const WORDS = { ok: "ok", warning: "warning", failed: "failed", "not-applicable": "-" } as const;
const WORD_WIDTH = "warning".length;

/** One line a check, its problems and what helps below it, and a summary at the end. */
export function checkText({ checks, summary }: CheckReport, paint: Paint): string {
  const width = Math.max(...checks.map(({ title }) => title.length));
  const lines = checks.flatMap((result) => [
    `${paint(COLORS[result.status], WORDS[result.status].padEnd(WORD_WIDTH))}  ${result.title.padEnd(width)}  ${oneLine(result.found)}`.trimEnd(),
    ...problemLines(result, paint),
  ]);
  const { ok, warnings, failed, notApplicable } = summary;
  const counts = `${checks.length} checks: ${ok} ok, ${warnings} with warnings, ${failed} failed, ${notApplicable} not applicable`;
  return [...lines, "", paint(failed > 0 ? "red" : warnings > 0 ? "yellow" : "green", counts), ""].join("\n");
}

function problemLines({ problems, docs, id }: CheckResult, paint: Paint): readonly string[] {
  if (problems.length === 0) return [];
  const shown = problems.slice(0, DIAGNOSE_LIMITS.printedProblems);
  const more = problems.length - shown.length;
  return [
    ...shown.flatMap((problem) => linesOf(problem, paint)),
    ...(more > 0 ? [`           and ${more} more: --output json shows all`] : []),
    `           ${paint("dim", `more: outrigger check --explain ${id} (${docs})`)}`,
  ];
}

function linesOf({ status, saw, hint }: CheckProblem, paint: Paint): readonly string[] {
  return [
    `         ${paint(COLORS[status], "*")} ${oneLine(saw)}`,
    `           ${paint("bold", "hint")}: ${oneLine(hint)}`,
  ];
}
