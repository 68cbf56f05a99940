import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { KINDS } from "./kinds.ts";
import type { ObjectRef } from "./mesh-object.ts";
import {
  countingReports,
  type ReplicaReport,
  type ReportingPod,
  reportConfigMap,
  reportIn,
  reportText,
  storedReport,
} from "./replica-report.ts";
import { REPORT_LIMITS } from "./report-limits.ts";

const node = (name: string): ObjectRef => ({ kind: "VirtualNode", namespace: "shop", name });
const WEB = { node: node("web"), proxies: 3, current: 1, rejecting: 2 };
const REJECTED = { object: node("web"), proxies: 2, type: "listener", name: "in", problem: "no such filter" };
const LATE = { pod: "shop/web-1", type: "cluster", since: "2026-11-22T12:00:00.000Z" };
const REPORT: ReplicaReport = {
  nodes: [WEB],
  rejections: [REJECTED],
  behind: { proxies: 1, named: [LATE] },
  isWhole: true,
};
const POD = { name: "outrigger-control-plane-1", uid: "u1" };

describe("the text of a report", () => {
  test("is read as it was written", () => {
    const name = fc.stringMatching(/^[a-z0-9-]{1,20}$/);
    const object = fc.record({ kind: fc.constantFrom(...KINDS), namespace: name, name }).map((ref) => ({
      ...ref,
      ...(ref.kind === "Mesh" && { namespace: "" }),
    }));
    const count = fc.nat(5_000);
    const words = fc.stringMatching(/^[!-~]{1,40}$/);
    const known = fc.record({
      nodes: fc.uniqueArray(fc.record({ node: object, proxies: count, current: count, rejecting: count }), {
        selector: (one) => JSON.stringify(one.node),
      }),
      rejections: fc.array(
        fc.record({ object, proxies: fc.integer({ min: 1, max: 9 }), type: words, name: words, problem: words }),
      ),
      behind: fc.record({
        proxies: count,
        named: fc.array(fc.record({ pod: words, type: words, since: fc.constant(LATE.since) }), { maxLength: 20 }),
      }),
      isWhole: fc.boolean(),
    });
    const domain = fc.constantFrom({}, { clusterDomain: "cluster.local" }, { clusterDomain: "K8s.example.com" });
    const report = fc.tuple(known, domain).map(([rest, of]) => ({ ...rest, ...of }));
    fc.assert(
      fc.property(report, (given) => {
        expect(reportIn(reportText(given))).toEqual(given);
      }),
    );
  });

  test.each(["", "a b", "x".repeat(254), 7])("with %j for a domain says everything else", (clusterDomain) => {
    const text = JSON.stringify({ ...JSON.parse(reportText(REPORT)), clusterDomain });
    expect(reportIn(text)).toEqual(REPORT);
  });

  test("has what Envoy says in one line, without control characters, and cut, whoever wrote it", () => {
    const problem = `bad\n\u001b[31m"quoted"\u202e${"x".repeat(2_000)}`;
    const written = reportText({ ...REPORT, rejections: [{ ...REJECTED, problem }] });
    const raw = JSON.stringify({
      ...JSON.parse(written),
      rejections: [{ object: "Mesh/main", proxies: 1, type: "t", name: "n\u0007", problem }],
    });
    for (const text of [written, raw]) {
      const [read] = reportIn(text)?.rejections ?? [];
      expect(read?.problem).toMatch(/^bad \[31m"quoted" x+…$/);
      expect(read?.problem).toHaveLength(REPORT_LIMITS.problem + 1);
      expect(read?.name).not.toContain("\u0007");
    }
  });

  test("stays within its bound, and says what is left out", () => {
    const nodes = Array.from({ length: 20_000 }, (_, index) => ({ ...WEB, node: node(`web-${index}`) }));
    const behind = { proxies: 300, named: Array.from({ length: 300 }, () => ({ ...LATE, pod: "x".repeat(2_000) })) };
    const rejections = Array.from({ length: 300 }, (_, index) => ({ ...REJECTED, object: node(`web-${index}`) }));
    for (const report of [
      { ...REPORT, nodes },
      { ...REPORT, rejections },
      { ...REPORT, nodes, rejections, behind },
    ]) {
      const text = reportText(report);
      expect(text.length).toBeLessThanOrEqual(REPORT_LIMITS.text);
      expect(reportIn(text)?.isWhole).toBe(false);
      expect(reportIn(text)?.rejections).toHaveLength(Math.min(report.rejections.length, REPORT_LIMITS.rejections));
    }
    expect(reportIn(reportText({ ...REPORT, nodes: nodes.slice(0, 3_500) }))?.isWhole).toBe(true);
    const late = reportIn(reportText({ ...REPORT, behind }))?.behind;
    expect(late).toMatchObject({ proxies: 300 });
    expect(late?.named).toHaveLength(REPORT_LIMITS.behind);
  });

  test("of a replica that says nothing of proxies that are behind has none of them", () => {
    const { behind: _, ...earlier } = JSON.parse(reportText(REPORT));
    expect(reportIn(JSON.stringify(earlier))?.behind).toEqual({ proxies: 0, named: [] });
  });

  test.each([
    ["nothing", ""],
    ["no JSON", "{"],
    ["a list", "[]"],
    ["another format", reportText(REPORT).replace('"format":1', '"format":2')],
    ["counts that are none", reportText(REPORT).replace("[3,1,2]", "[3,-1,2]")],
    ["counts that are text", reportText(REPORT).replace("[3,1,2]", '["3",1,2]')],
    ["a rejection without a name", reportText(REPORT).replace('"name":"in",', "")],
    ["a time that is none", reportText(REPORT).replace(LATE.since, "soon")],
    ["fewer than nobody behind", reportText(REPORT).replace('"behind":{"proxies":1', '"behind":{"proxies":-1')],
    [
      "more names than may be written",
      reportText(REPORT).replace('"named":[', `"named":[${`${JSON.stringify(LATE)},`.repeat(20)}`),
    ],
    ["more than may be written", `${reportText(REPORT)}${" ".repeat(REPORT_LIMITS.text)}`],
    ["nesting without end", "[".repeat(200_000)],
  ])("is not read where it is %s", (_, text) => {
    expect(reportIn(text)).toBeUndefined();
  });

  test.each([
    "Pod/shop/web",
    "VirtualNode/web",
    "Mesh/shop/main",
    "VirtualNode/shop/web/x",
    "VirtualNode/",
    "__proto__",
    "",
  ])("has nothing about %j, which is no object of App Mesh", (key) => {
    const text = reportText(REPORT).replaceAll("VirtualNode/shop/web", key);
    expect(reportIn(text)).toEqual({ ...REPORT, nodes: [], rejections: [] });
  });
});

describe("a ConfigMap", () => {
  const configMap = reportConfigMap(POD, reportText(REPORT));

  test("is a report of the pod that owns it", () => {
    expect(storedReport(configMap)).toEqual({ pod: POD.name, uid: POD.uid, report: REPORT });
  });

  test.each([
    ["nobody owns", { ownerReferences: [] }],
    ["another pod owns", { ownerReferences: [{ kind: "Pod", name: "other", uid: "u1" }] }],
    ["something else owns", { ownerReferences: [{ kind: "Deployment", name: POD.name, uid: "u1" }] }],
    ["is named otherwise", { name: `report-${POD.name}` }],
  ])("that %s is none", (_, metadata) => {
    const changed = { ...configMap, metadata: { ...(configMap["metadata"] as object), ...metadata } };
    expect(storedReport(changed)).toBeUndefined();
  });

  test("counts only where its pod lives, is one of the control plane, and is ready", () => {
    const stored = storedReport(configMap);
    const pod: ReportingPod = { uid: "u1", serviceAccountName: "outrigger-control-plane", containersReady: true };
    const counting = (owner: ReportingPod | undefined) => countingReports([stored, undefined], () => owner);
    expect(counting(pod)).toEqual([REPORT]);
    expect(counting(undefined)).toEqual([]);
    expect(counting({ ...pod, uid: "u2" })).toEqual([]);
    expect(counting({ ...pod, serviceAccountName: "default" })).toEqual([]);
    expect(counting({ ...pod, containersReady: false })).toEqual([]);
    expect(
      countingReports(
        Array.from({ length: 100 }, () => stored),
        () => pod,
      ),
    ).toHaveLength(REPORT_LIMITS.reports);
  });
});
