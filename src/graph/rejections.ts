import { keyOf, type ObjectKey } from "../model/mesh-object.ts";
import type { ReplicaReport, ReportedRejection } from "../model/replica-report.ts";
import { hasView, type ViewRef } from "./graph.ts";
import type { Problem } from "./problem.ts";
import type { MeshView } from "./view.ts";

/** What all replicas together say of an object from which something comes that proxies reject. */
export interface Rejection extends ReportedRejection {
  /**
   * How many proxies have something that comes from the object, and have accepted or rejected what they have: one that is about to does not
   * count yet, so that nothing moves with each pod that starts.
   */
  readonly of: number;
  /** Whether every one of them rejects it. */
  readonly isAll: boolean;
}

/** What a report says of a node, or undefined where that has no view (any more). */
export type ViewOf = (ref: ViewRef) => MeshView | undefined;

/** Reports of all replicas, merged: by the key of each object. `decided`: what {@link decidedProxies} says of them, asked where something is rejected. */
export function rejectionsIn(
  reports: readonly ReplicaReport[],
  decided: () => ReadonlyMap<ObjectKey, number>,
): ReadonlyMap<ObjectKey, Rejection> {
  const groups = Map.groupBy(
    reports.flatMap(({ rejections }) => rejections),
    ({ object }) => keyOf(object),
  );
  if (groups.size === 0) return new Map();
  const counts = decided();
  const isWhole = reports.every((report) => report.isWhole);
  return new Map(
    [...groups].flatMap(([key, group]) => {
      const [first] = group.toSorted((a, b) => (exampleOf(a) < exampleOf(b) ? -1 : 1));
      if (first === undefined) return [];
      const proxies = group.reduce((sum, one) => sum + one.proxies, 0);
      const of = Math.max(proxies, counts.get(key) ?? 0);
      return [[key, { ...first, proxies, of, isAll: isWhole && proxies === of }] as const];
    }),
  );
}

/** How many proxies have accepted or rejected what they have, by the objects that something of it comes from. */
export function decidedProxies(reports: readonly ReplicaReport[], viewOf: ViewOf): ReadonlyMap<ObjectKey, number> {
  const decided = new Map<ObjectKey, number>();
  for (const { node, current, rejecting } of reports.flatMap(({ nodes }) => nodes)) {
    const view = hasView(node) ? viewOf(node) : undefined;
    if (view === undefined) continue;
    for (const key of objectsIn(view)) decided.set(key, (decided.get(key) ?? 0) + current + rejecting);
  }
  return decided;
}

/** The objects that what a view's proxies get comes from. */
export function objectsIn(view: MeshView): ReadonlySet<ObjectKey> {
  const ofServices = view.services.flatMap(({ object, provider }) =>
    provider.kind === "router" ? [object, provider.router.object] : [object],
  );
  const ofRoutes = view.kind === "virtualGateway" ? view.routes.map(({ object }) => object) : [];
  const ofTargets = view.targets.map(({ object }) => object);
  return new Set([view.object, view.mesh.object, ...ofServices, ...ofRoutes, ...ofTargets].map(keyOf));
}

/** One of several, the same whatever the order of the reports: what is said of an object is not to change for nothing. */
export function exampleOf({ type, name, problem }: ReportedRejection): string {
  return JSON.stringify([type, name, problem]);
}

/** As a problem of the object; `counts`: with numbers that move. */
export function rejectionProblem(rejection: Rejection, wording: "counts" | "steady"): Problem {
  const { object, type, name, problem, proxies, of, isAll } = rejection;
  const few = isAll ? "all proxies" : "some proxies";
  const who =
    wording === "steady" ? `${few} reject` : `${proxies} of ${of} ${of === 1 ? "proxy rejects" : "proxies reject"}`;
  return {
    code: "rejected",
    object,
    path: "",
    message: `${who} the ${type} ${name}, which comes from it: ${problem}`,
    help: "correct what Envoy names; until then they keep what they accepted before, and new ones have nothing of it",
  };
}
