import type { HttpRoute, Route } from "../../../../src/model/virtual-router.ts";

/*
 * The table of what a mesh answers to requests, in App Mesh's words. The answers are what App Mesh's documents say, and where they are
 * silent what this project decided; they were written before Envoy was asked.
 */

/** A node of the table. Each listens on 8080; `two` on 9090 also. */
export type Node = "red" | "blue" | "green" | "grey" | "two";

/** Who answers: a node (with its port, of `two`), what is outside the mesh, or Envoy itself with a status. */
export type Answer = Exclude<Node, "two"> | "two:8080" | "two:9090" | "outside" | 400 | 403 | 404 | 503;

/** A request, and who answers it. */
export type Ask = readonly [
  /**
   * Lines of the request: its first line, whose ` HTTP/1.1` may be left out, and headers. A character is a byte. The Host of the
   * behaviour's service is added, unless `hosts` is `as written`.
   */
  request: string,
  answer: Answer,
];

/** A virtual service of its own, and what its callers meet. */
export interface Behaviour {
  readonly about: string;
  /** Where Envoy has a rule that nobody would guess, and that no translation can change. */
  readonly why?: string;
  /** Its name in App Mesh: the host that is called. Absent: one that nobody else has. */
  readonly service?: string;
  /** Without it: the service has no provider. */
  readonly provider?: { readonly node: Node } | RouterOfTable;
  /** Egress filter of the caller's mesh; absent: DROP_ALL. */
  readonly filter?: "ALLOW_ALL";
  readonly hosts?: "as written";
  readonly asks: readonly Ask[];
  /** The same on another port than 8080, by port. */
  readonly asksOnPort?: Readonly<Record<number, readonly Ask[]>>;
}

interface RouterOfTable {
  /** The ports that clients call; absent: 8080. */
  readonly ports?: readonly number[];
  readonly routes: readonly Route[];
}

export interface Target {
  /** `gone`: a node that is not there. */
  readonly node: Node | "gone";
  readonly weight: number;
  readonly port?: number;
}

/** A route of a router. `to`: all of it to one node, or weights. */
export function route(
  name: string,
  match: HttpRoute["match"],
  to: Exclude<Node, "two"> | readonly Target[],
  priority?: number,
): Route {
  const targets: readonly Target[] = typeof to === "string" ? [{ node: to, weight: 1 }] : to;
  const weightedTargets = targets.map(({ node, ...rest }) => ({ virtualNodeRef: { name: node }, ...rest }));
  return { name, ...(priority !== undefined && { priority }), httpRoute: { match, action: { weightedTargets } } };
}

/** What no other route took goes to grey. */
export const REST = route("zz-rest", { prefix: "/" }, "grey");

type Header = NonNullable<HttpRoute["match"]["headers"]>[number];

/** A router that sends what has these headers to red, and the rest to grey. */
export function byHeaders(...headers: readonly Header[]): { readonly routes: readonly Route[] } {
  return { routes: [route("headers", { prefix: "/", headers: [...headers] }, "red"), REST] };
}

type QueryParameter = NonNullable<HttpRoute["match"]["queryParameters"]>[number];

/** A router that sends what has these query parameters to red, and the rest to grey. */
export function byQuery(...queryParameters: readonly QueryParameter[]): { readonly routes: readonly Route[] } {
  return { routes: [route("query", { prefix: "/", queryParameters: [...queryParameters] }, "red"), REST] };
}
