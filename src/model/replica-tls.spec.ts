import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { NOBODY_BEHIND, type ReplicaReport, reportConfigMap, reportText, storedReport } from "./replica-report.ts";
import type { ReplicaTls } from "./replica-tls.ts";
import { REPORT_LIMITS } from "./report-limits.ts";

const REPORT: ReplicaReport = { nodes: [], rejections: [], behind: NOBODY_BEHIND, isWhole: true };
const POD = { name: "replica-1", uid: "u1" };
const TLS: ReplicaTls = {
  mark: { process: "0123456789abcdef", begun: 7 },
  heard: new Map([["replica-2", { process: "fedcba9876543210", begun: 12 }]]),
  held: new Map([["00000000000000ff", 2]]),
};

const read = (text: string) => storedReport(reportConfigMap(POD, text));

describe("what a report says of changes of TLS", () => {
  const hex = fc.stringMatching(/^[0-9a-f]{16}$/);
  const mark = fc.record({ process: hex, begun: fc.nat() });
  const tls = fc.record({
    mark,
    heard: fc.array(fc.tuple(fc.stringMatching(/^[a-z][a-z0-9-]{0,20}$/), mark)).map((all) => new Map(all)),
    held: fc.array(fc.tuple(hex, fc.integer({ min: 1, max: 5 }))).map((all) => new Map(all)),
  });

  test("is read as it was written", () => {
    fc.assert(
      fc.property(tls, (given) => {
        expect(read(reportText(REPORT, given))?.tls).toEqual(given);
      }),
    );
  });

  test("is the same text in whatever order it came", () => {
    fc.assert(
      fc.property(tls, ({ mark: own, heard, held }) => {
        const other = { mark: own, heard: new Map([...heard].toReversed()), held: new Map([...held].toReversed()) };
        expect(reportText(REPORT, other)).toBe(reportText(REPORT, { mark: own, heard, held }));
      }),
    );
  });

  test("has a bound, within which it stays readable, and first what began first", () => {
    const name = (index: number): string => index.toString(16).padStart(16, "0");
    const held = new Map(Array.from({ length: 2_000 }, (_, index) => [name(2_000 - index), 1]));
    const heard = new Map(Array.from({ length: 200 }, (_, index) => [`replica-${index}`, TLS.mark]));
    const text = reportText(REPORT, { ...TLS, held, heard });
    expect(text.length).toBeLessThan(20 * 1024);
    const found = read(text)?.tls;
    expect([found?.held.size, found?.heard.size]).toEqual([REPORT_LIMITS.tlsChanges, REPORT_LIMITS.reports]);
    expect(found?.held.has(name(2_000))).toBe(true);
  });

  test("is nothing in a report of an earlier release", () => {
    expect(read(reportText(REPORT))).toEqual({ pod: "replica-1", uid: "u1", report: REPORT, tls: undefined });
  });

  test.each([
    ["a mark that is none", [`"mark":"0123456789abcdef.7"`, `"mark":"7"`]],
    ["a number without end", ["cdef.7", `cdef.${"7".repeat(40)}`]],
    ["a change whose name is none", ["00000000000000ff", "back"]],
    ["steps that are none", [`"00000000000000ff":2`, `"00000000000000ff":-2`]],
    ["more steps than there can be", [`"00000000000000ff":2`, `"00000000000000ff":1e6`]],
    ["steps that are text", [`"00000000000000ff":2`, `"00000000000000ff":"2"`]],
    ["nobody heard of", [`"heard":`, `"hear":`]],
    ["a name without end", ["replica-2", "x".repeat(1_000)]],
    [
      "more than may be written",
      [
        `"held":{`,
        `"held":{${Array.from({ length: 600 }, (_, index) => `"${String(index).padStart(16, "0")}":1,`).join("")}`,
      ],
    ],
  ] as const)("is nothing where it has %s, and the rest counts", (_, [from, to]) => {
    const text = reportText(REPORT, TLS);
    expect(text).toContain(from);
    const found = read(text.replace(from, to));
    expect([found?.report, found?.tls]).toEqual([REPORT, undefined]);
  });
});
