import { RE2JS } from "re2js";
import { RecentValues } from "./recent-values.ts";
import type { Route } from "./virtual-router.ts";

/**
 * Steps of an expression that a sidecar takes (src/bootstrap/limits.ts), as App Mesh's did. Envoy counts bytes where characters are counted
 * here, so it may find more steps in classes of characters outside ASCII, and never fewer.
 */
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
  try {
    const size = RE2JS.compile(expression).programSize();
    return size > LARGEST ? `it comes to ${size} steps, and at most ${LARGEST} are taken` : "";
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
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
    (entries ?? []).map((entry, index) => [`${list}[${index}].match.regex`, entry.match?.regex] as const),
  );
  const path = "path" in match ? match.path?.regex : undefined;
  for (const [at, expression] of [["path.regex", path] as const, ...named]) {
    const problem = expression === undefined ? undefined : unreadableExpression(expression);
    if (problem !== undefined) return { at, problem };
  }
  return undefined;
}
