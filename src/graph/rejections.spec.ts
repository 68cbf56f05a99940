import { beforeEach, describe, expect, test } from "vitest";
import {
  aMeshObject,
  aNamespace,
  aVirtualNode,
  backends,
  meshObject,
  put,
  putNamespace,
} from "../../test/mesh-objects.ts";
import type { ObjectRef } from "../model/mesh-object.ts";
import { PLAIN_TRAITS } from "../model/proxy-traits.ts";
import { NOBODY_BEHIND, type ReplicaReport } from "../model/replica-report.ts";
import { translateNode } from "../xds/translate/node.ts";
import { MeshGraph } from "./graph.ts";
import { decidedProxies, objectsIn, type Rejection, rejectionProblem, rejectionsIn } from "./rejections.ts";
import type { NodeView } from "./view.ts";

let graph: MeshGraph;

/* `front` and `other` call the service of router `color`, `alone` calls nobody. */
beforeEach(() => {
  graph = new MeshGraph({ mesh: "serve", accountId: "", clusterDomain: "cluster.local", discovery: "dns" });
  const route = {
    match: { prefix: "/" },
    action: { weightedTargets: [{ virtualNodeRef: { name: "blue" }, weight: 1 }] },
  };
  graph.apply([
    putNamespace(aNamespace("shop")),
    put(aMeshObject("main")),
    ...["front", "other"].map((name) => put(aVirtualNode(`shop/${name}`, [8080], backends("color")))),
    ...["alone", "blue"].map((name) => put(aVirtualNode(`shop/${name}`, [8080]))),
    put(
      meshObject("VirtualRouter", "shop/color", {
        listeners: [{ portMapping: { port: 8080, protocol: "http" } }],
        routes: [{ name: "all", httpRoute: route }],
      }),
    ),
    put(
      meshObject("VirtualService", "shop/color", {
        provider: { virtualRouter: { virtualRouterRef: { name: "color" } } },
      }),
    ),
  ]);
});

const ref = (kind: ObjectRef["kind"], name: string): ObjectRef => ({
  kind,
  namespace: kind === "Mesh" ? "" : "shop",
  name,
});
const ROUTER = ref("VirtualRouter", "color");

/** `nodes`: of each the proxies that are connected, current, and rejecting. */
function report(
  nodes: Readonly<Record<string, readonly [number, number, number]>>,
  rejected: readonly (readonly [object: ObjectRef, proxies: number, problem?: string])[] = [],
): ReplicaReport {
  return {
    nodes: Object.entries(nodes).map(([name, [proxies, current, rejecting]]) => {
      return { node: ref("VirtualNode", name), proxies, current, rejecting };
    }),
    rejections: rejected.map(([object, proxies, problem = "no such header"]) => {
      return { object, proxies, type: "route", name: "egress", problem };
    }),
    behind: NOBODY_BEHIND,
    isWhole: true,
  };
}

function inAll(reports: readonly ReplicaReport[]): ReturnType<typeof rejectionsIn> {
  return rejectionsIn(reports, () => decidedProxies(reports, (view) => graph.view(view)));
}

function merged(...reports: readonly ReplicaReport[]): readonly string[] {
  const all = inAll(reports);
  return [...all].map(([key, { proxies, of, isAll }]) => `${key} ${proxies} of ${of}${isAll ? ", all" : ""}`);
}

test("what is rejected is counted over all replicas, of the proxies that something of it reaches", () => {
  const one = report({ front: [2, 0, 2], alone: [5, 5, 0] }, [[ROUTER, 2]]);
  expect(merged(one)).toEqual(["VirtualRouter/shop/color 2 of 2, all"]);
  expect(merged(one, report({ alone: [9, 9, 0] }))).toEqual(["VirtualRouter/shop/color 2 of 2, all"]);
  expect(merged(one, report({ other: [3, 3, 0] }))).toEqual(["VirtualRouter/shop/color 2 of 5"]);
  expect(merged(one, report({ other: [3, 0, 3] }, [[ROUTER, 3]]))).toEqual(["VirtualRouter/shop/color 5 of 5, all"]);
  // they reject something else, and so have taken this
  expect(merged(one, report({ other: [3, 0, 3] }))).toEqual(["VirtualRouter/shop/color 2 of 5"]);
});

test("a proxy that has not said anything yet does not count", () => {
  expect(merged(report({ front: [4, 0, 2] }, [[ROUTER, 2]]))).toEqual(["VirtualRouter/shop/color 2 of 2, all"]);
  expect(merged(report({ front: [4, 1, 2] }, [[ROUTER, 2]]))).toEqual(["VirtualRouter/shop/color 2 of 3"]);
});

test("nobody knows that all reject where a report is not whole", () => {
  const partly = { ...report({}), isWhole: false };
  expect(merged(report({ front: [2, 0, 2] }, [[ROUTER, 2]]), partly)).toEqual(["VirtualRouter/shop/color 2 of 2"]);
});

test("a node without a view, and an object that no view has, make nothing wrong", () => {
  const report1 = report({ gone: [2, 0, 2] }, [[ref("VirtualNode", "gone"), 2]]);
  expect(merged(report1)).toEqual(["VirtualNode/shop/gone 2 of 2, all"]);
  expect(merged(report({ front: [1, 1, 0] }))).toEqual([]);
  expect(merged()).toEqual([]);
});

test("the example that is shown is the same whatever the order of the reports", () => {
  const reports = ["c", "a", "b"].map((problem) => report({ front: [1, 0, 1] }, [[ROUTER, 1, problem]]));
  const example = (given: readonly ReplicaReport[]) => inAll(given).get("VirtualRouter/shop/color")?.problem;
  expect(example(reports)).toBe("a");
  expect(example(reports.toReversed())).toBe("a");
});

describe("as a problem", () => {
  const rejection: Rejection = {
    object: ROUTER,
    proxies: 2,
    of: 3,
    isAll: false,
    type: "route",
    name: "egress",
    problem: "no",
  };

  test("it has the counts for a person who asks, and none where a change of them would be a write", () => {
    expect(rejectionProblem(rejection, "counts")).toMatchObject({
      code: "rejected",
      object: ROUTER,
      message: "2 of 3 proxies reject the route egress, which comes from it: no",
    });
    expect(rejectionProblem({ ...rejection, proxies: 1, of: 1 }, "counts").message).toMatch(/^1 of 1 proxy rejects /);
    const steady = rejectionProblem(rejection, "steady").message;
    expect(steady).toBe("some proxies reject the route egress, which comes from it: no");
    expect(rejectionProblem({ ...rejection, isAll: true }, "steady").message).toMatch(/^all proxies reject /);
    expect(rejectionProblem({ ...rejection, proxies: 7, of: 9 }, "steady").message).toBe(steady);
  });
});

test.each(["front", "other", "alone", "blue"])(
  "the objects of the view of %s are those that its resources come from",
  (name) => {
    const view = graph.view({ kind: "VirtualNode", namespace: "shop", name }) as NodeView;
    const origins = translateNode(view, PLAIN_TRAITS, { domain: "cluster.local" }).flatMap(
      (resource) => resource.origins,
    );
    const keys = origins.map(({ kind, namespace, name: own }) => [kind, namespace, own].filter(Boolean).join("/"));
    expect([...objectsIn(view)].sort()).toEqual([...new Set(keys)].sort());
  },
);
