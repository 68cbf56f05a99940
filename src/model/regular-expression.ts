import { RE2JS } from "re2js";
import { RecentValues } from "./recent-values.ts";
import { valueMatch, type WrittenMatch } from "./value-match.ts";
import type { Route } from "./virtual-router.ts";

/** Steps of an expression that a sidecar takes (src/bootstrap/limits.ts), as App Mesh's did. Envoy reads bytes as Latin-1 and counts as is counted here. */
const LARGEST = 1000;

/** What was found about the expressions of late: a mesh has the same ones at each change. An empty text: it can be read. */
const RECENT = new RecentValues<string>();

/**
 * Why RE2, in which App Mesh and Envoy write regular expressions, cannot read one, or that it is too large; undefined: it can. The syntax is that of
 * https://github.com/google/re2/wiki/Syntax, which has no back references and no look-around.
 */
export function unreadableExpression(expression: string): string | undefined {
  const problem = RECENT.get(
    expression,
    () => problemOf(expression),
    (found) => found.length,
  );
  return problem === "" ? undefined : problem;
}

function problemOf(expression: string): string {
  // first, because an expression of a few characters may take long to compile
  const least = leastSteps(expression);
  if (least > LARGEST) return tooLarge(least);
  try {
    const size = RE2JS.compile(expression).programSize();
    return size > LARGEST ? tooLarge(size) : "";
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

function tooLarge(steps: number): string {
  return `it comes to ${steps} steps or more, and at most ${LARGEST} are taken`;
}

/** What stands between repetitions: a quotation, an escape or a class, in which braces are no repetition; else one, or a character. */
const PIECES =
  /\\Q[\s\S]*?(?:\\E|$)|\\[\s\S]|\[\^?\]?(?:\\[\s\S]|[^\]\\])*\]|\{(?<least>\d{1,9})(?:,(?<most>\d{0,9}))?\}|[\s\S]/gy;

/** A lower bound of the steps to which the repetitions of an expression come, read off its text in one pass. */
function leastSteps(expression: string): number {
  let sum = 0;
  for (const { groups } of expression.matchAll(PIECES)) {
    if (groups?.["least"] !== undefined) sum += Number(groups["most"] || groups["least"]);
  }
  return sum;
}

/** What a route asks of a request, whatever its protocol. */
type Match = NonNullable<(NonNullable<Route["httpRoute"]> | NonNullable<Route["grpcRoute"]>)["match"]>;

/**
 * The expression of a match that RE2 cannot read, with its place such as `headers[0].match.regex`; undefined: there is none. Envoy refuses
 * it, and with it every route of the port.
 */
export function unreadableMatch(match: Match): { readonly at: string; readonly problem: string } | undefined {
  const lists = {
    headers: "headers" in match ? match.headers : [],
    metadata: "metadata" in match ? match.metadata : [],
  };
  const named = Object.entries(lists).flatMap(([list, entries]) =>
    (entries ?? []).map((entry, index) => [`${list}[${index}].match.regex`, sentExpression(entry.match)] as const),
  );
  const path = "path" in match && match.path?.exact === undefined ? match.path?.regex : undefined;
  for (const [at, expression] of [["path.regex", path] as const, ...named]) {
    const problem = expression === undefined ? undefined : unreadableExpression(expression);
    if (problem !== undefined) return { at, problem };
  }
  return undefined;
}

/** The expression that is sent. */
function sentExpression(match: WrittenMatch | undefined): string | undefined {
  const counting = valueMatch(match);
  return counting.kind === "regex" ? counting.value : undefined;
}
