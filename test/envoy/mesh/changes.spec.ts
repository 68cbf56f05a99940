import { afterAll, beforeAll, expect, test } from "vitest";
import { CHANGES, wholeShop } from "./chaos/changes.ts";
import { type ChaosReport, runChaos } from "./chaos/run-chaos.ts";
import { servedMesh } from "./chaos/served-mesh.ts";
import { tlsSources } from "./chaos/served-tls.ts";

/*
 * A mesh is changed in place while requests, calls of gRPC and connections of TCP go through six real Envoys without a pause. Every change is one
 * that the configurations before and after both answer.
 */

let report: ChaosReport;
let files: Awaited<ReturnType<typeof tlsSources>>;

beforeAll(async () => {
  files = await tlsSources();
  report = await runChaos({
    first: (_, ports, tls) => wholeShop(ports, tls),
    edit: (shop, _, number) => CHANGES[number - 1]?.[1](shop) ?? shop,
    edits: CHANGES.length,
    round: 1,
    quiet: 10,
    breath: 15,
    seed: 1,
    pace: 500,
    tls: files.sources,
    start: servedMesh,
  });
}, 400_000);

afterAll(() => files?.remove());

test.each(CHANGES.map(([what], index) => [index + 1, what] as const))("change %i, %s, fails nothing", (number) => {
  expect(report.faults.filter((fault) => fault.startsWith(`after ${number} edits `))).toEqual([]);
});

test("every request was sure to be answered, and every connection of TCP is still there", () => {
  const surely = Object.values(report.surelyAnswered);
  expect(surely.reduce((sum, count) => sum + count, 0)).toBe(report.requests);
  expect(Math.min(...surely)).toBeGreaterThan(CHANGES.length);
  expect(report.successes).toBe(report.requests);
  expect(report.faults).toEqual([]);
});

test("Envoys had nothing to refuse", () => {
  expect(report.refusals).toBe(0);
});
