import { describe, expect, test } from "vitest";
import { encodedCluster } from "../../../test/encoded-cluster.ts";
import type { ObjectRef } from "../../model/mesh-object.ts";
import { reportIn, reportText } from "../../model/replica-report.ts";
import { REPORT_LIMITS } from "../../model/report-limits.ts";
import type { OriginObject } from "../../xds/serve/resource.ts";
import type { StandingProxy } from "../../xds/serve/streams.ts";
import { reportOf } from "./report-content.ts";

const node = (name: string): ObjectRef => ({ kind: "VirtualNode", namespace: "shop", name });
const MESH: ObjectRef = { kind: "Mesh", namespace: "", name: "main" };

/** The proxy of a pod such as `web-1`, whose node is `web`. */
function proxy(key: string, state: StandingProxy["state"], frozen: StandingProxy["frozen"] = []): StandingProxy {
  return { key, name: `shop/${key}`, state, frozen, hasOrigins: true, behind: undefined };
}

function rejects(name: string, problem: string, ...origins: readonly OriginObject[]): StandingProxy["frozen"] {
  return [{ resource: { ...encodedCluster(name), origins }, at: 0, problem }];
}

const nodeOf = (key: string): ObjectRef => node(key.split("-")[0] ?? "");

test("proxies are counted by their node and by how they stand, sorted", () => {
  const proxies = [
    proxy("web-1", "current"),
    proxy("web-2", "pending"),
    proxy("web-3", "rejecting"),
    proxy("api-1", "current"),
  ];
  expect(reportOf(proxies, nodeOf)).toEqual({
    nodes: [
      { node: node("api"), proxies: 1, current: 1, rejecting: 0 },
      { node: node("web"), proxies: 3, current: 1, rejecting: 1 },
    ],
    rejections: [],
    behind: { proxies: 0, named: [] },
    isWhole: true,
  });
  expect(reportOf(proxies.toReversed(), nodeOf)).toEqual(reportOf(proxies, nodeOf));
});

test("a proxy that passes traffic through, or whose pod is no node, does not count", () => {
  const frozen = rejects("a", "no", MESH);
  const passing = { ...proxy("web-1", "rejecting", frozen), hasOrigins: false };
  expect(reportOf([passing], nodeOf)).toMatchObject({ nodes: [], rejections: [] });
  expect(reportOf([proxy("web-1", "rejecting", frozen)], () => undefined)).toMatchObject({ nodes: [], rejections: [] });
});

test("what a proxy said is as long as in the ConfigMap, so that every replica says the same of it", () => {
  const report = reportOf([proxy("web-1", "rejecting", rejects("a", "no ".repeat(1000), MESH))], nodeOf);
  expect(report.rejections[0]?.problem).toHaveLength(REPORT_LIMITS.problem + "…".length);
  expect(reportIn(reportText(report))).toEqual(report);
});

test("of several streams of one pod the newest counts", () => {
  const proxies = [proxy("web-1", "rejecting", rejects("a", "no", MESH)), proxy("web-1", "current")];
  expect(reportOf(proxies, nodeOf)).toMatchObject({
    nodes: [{ proxies: 1, current: 1, rejecting: 0 }],
    rejections: [],
  });
});

test("each object that something rejected comes from is named once a proxy, with the same example in any order", () => {
  const two = [...rejects("b", "wrong", MESH, node("web")), ...rejects("a", "worse", MESH)];
  const proxies = [proxy("web-1", "rejecting", two), proxy("web-2", "rejecting", rejects("b", "wrong", MESH))];
  for (const given of [proxies, proxies.toReversed()]) {
    expect(reportOf(given, nodeOf).rejections).toEqual([
      { object: MESH, proxies: 2, type: "cluster", name: "a", problem: "worse" },
      { object: node("web"), proxies: 1, type: "cluster", name: "b", problem: "wrong" },
    ]);
  }
});

test("what comes from no object of App Mesh is nobody's, and the proxy rejects all the same", () => {
  const found = reportOf([proxy("web-1", "rejecting", rejects("own", "no", { ...MESH, kind: "Pod" }))], nodeOf);
  expect(found).toMatchObject({ nodes: [{ rejecting: 1 }], rejections: [] });
});

test("of very many objects those are named that most proxies reject, and that is said", () => {
  const many = Array.from({ length: 300 }, (_, index) => node(`n${index}`));
  const proxies = [
    proxy("web-1", "rejecting", rejects("a", "no", ...many)),
    proxy("web-2", "rejecting", rejects("a", "no", node("n299"))),
  ];
  const { rejections, isWhole } = reportOf(proxies, nodeOf);
  expect(rejections).toHaveLength(REPORT_LIMITS.rejections);
  expect(rejections[0]).toMatchObject({ object: node("n299"), proxies: 2 });
  expect(isWhole).toBe(false);
});

describe("proxies that are behind", () => {
  const late = (key: string, second: number): StandingProxy => ({
    ...proxy(key, "pending"),
    behind: { type: "cluster", since: Date.UTC(2026, 10, 22, 12, 0, second) },
  });

  test("are named with what they have not acknowledged and since when, those for longest first, in any order of streams", () => {
    const proxies = [late("web-1", 30), late("api-1", 2), proxy("web-2", "pending"), proxy("web-3", "rejecting")];
    for (const given of [proxies, proxies.toReversed()]) {
      expect(reportOf(given, nodeOf).behind).toEqual({
        proxies: 2,
        named: [
          { pod: "shop/api-1", type: "cluster", since: "2026-11-22T12:00:02.000Z" },
          { pod: "shop/web-1", type: "cluster", since: "2026-11-22T12:00:30.000Z" },
        ],
      });
    }
  });

  test("are also those whose traffic is to pass through, or whose pod is no node (any more)", () => {
    const passing = { ...late("web-1", 1), hasOrigins: false };
    expect(reportOf([passing, late("web-2", 2)], () => undefined)).toMatchObject({ nodes: [], behind: { proxies: 2 } });
  });

  test("that have begun another stream, which is not, are not any more", () => {
    expect(reportOf([late("web-1", 1), proxy("web-1", "pending")], nodeOf).behind.proxies).toBe(0);
  });

  test("are counted and a few of them named where they are thousands", () => {
    const many = Array.from({ length: 2_000 }, (_, index) => late(`web-${index}`, index % 60));
    const report = reportOf(many, nodeOf);
    expect(report.behind.proxies).toBe(2_000);
    expect(report.behind.named).toHaveLength(REPORT_LIMITS.behind);
    expect(report.isWhole).toBe(true);
    expect(reportText(report).length).toBeLessThan(4_096);
  });
});
