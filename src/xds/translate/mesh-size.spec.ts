import { describe, expect, test } from "vitest";
import {
  aMeshObject,
  aNamespace,
  aVirtualNode,
  backends,
  meshObject,
  put,
  putNamespace,
} from "../../../test/mesh-objects.ts";
import { TRAITS } from "../../../test/translated-manifest.ts";
import { MeshGraph } from "../../graph/graph.ts";
import type { NodeView } from "../../graph/view.ts";
import type { MeshChange } from "../../model/mesh-change.ts";
import { encodeResource } from "../encode/encode-resource.ts";
import { translateNode } from "./node.ts";

/* What a proxy holds depends on what its node may call, and not on how large the mesh is. */

const SIZES = [10, 100, 1000] as const;
const BACKENDS = [1, 2, 3];

/** A mesh of so many nodes, each behind a service and a router of its own; the first calls the three after it, the others the first. */
function graphOf(size: number): MeshGraph {
  const graph = new MeshGraph({ mesh: "serve", accountId: "", clusterDomain: "cluster.local", discovery: "dns" });
  graph.apply([
    putNamespace(aNamespace("shop", { mesh: "main" })),
    put(aMeshObject("main")),
    ...Array.from({ length: size }, (_, index) => index).flatMap(nodeOf),
  ]);
  return graph;
}

function nodeOf(index: number): readonly MeshChange[] {
  const [node, router, service] = [`n${index}`, `r${index}`, `s${index}`];
  const called = index === 0 ? BACKENDS : [0];
  const match = { prefix: "/" };
  const action = { weightedTargets: [{ virtualNodeRef: { name: node }, weight: 1 }] };
  return [
    put(aVirtualNode(`shop/${node}`, [8080], backends(...called.map((each) => `s${each}`)))),
    put(
      meshObject("VirtualRouter", `shop/${router}`, {
        listeners: [{ portMapping: { port: 8080, protocol: "http" } }],
        routes: [{ name: "all", httpRoute: { match, action } }],
      }),
    ),
    put(
      meshObject("VirtualService", `shop/${service}`, {
        awsName: `${service}.shop.svc.cluster.local`,
        provider: { virtualRouter: { virtualRouterRef: { name: router } } },
      }),
    ),
  ];
}

/** Everything that proxies of the first node hold, by type and name. */
function heldIn(graph: MeshGraph): Readonly<Record<string, Buffer>> {
  const view = graph.view({ kind: "VirtualNode", namespace: "shop", name: "n0" }) as NodeView;
  const resources = translateNode(view, TRAITS, { domain: "cluster.local" });
  return Object.fromEntries(
    resources.map((each) => [`${each.type} ${each.name}`, Buffer.from(encodeResource(each).any)]),
  );
}

describe("what a proxy of three backends holds", () => {
  const all = SIZES.map((size) => heldIn(graphOf(size)));
  const [smallest = {}, ...larger] = all;

  test.each(larger.map((held, index) => ({ size: SIZES[index + 1], held })))(
    "is the same to the byte in a mesh of $size nodes as in one of 10",
    ({ held }) => {
      expect(Object.keys(held)).toEqual(Object.keys(smallest));
      expect(Object.keys(held).filter((key) => smallest[key]?.compare(held[key] ?? Buffer.of()) !== 0)).toEqual([]);
    },
  );

  test("names its three backends and nobody else", () => {
    const named = Object.values(smallest).flatMap((bytes) => bytes.toString("latin1").match(/n\d+_shop/g) ?? []);
    expect([...new Set(named)].sort()).toEqual(["n0_shop", "n1_shop", "n2_shop", "n3_shop"]);
  });

  test("is less than 12 KB", () => {
    expect(Object.values(smallest).reduce((sum, bytes) => sum + bytes.length, 0)).toBeLessThan(12_000);
  });
});

test("a mesh that grows by a node changes the view of nobody else", () => {
  const graph = graphOf(10);
  const before = graph.view({ kind: "VirtualNode", namespace: "shop", name: "n0" })?.hash;
  graph.apply(nodeOf(10));
  expect(graph.view({ kind: "VirtualNode", namespace: "shop", name: "n0" })?.hash).toBe(before);
});
