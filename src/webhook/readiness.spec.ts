import { expect, test } from "vitest";
import { readinessProbe } from "./readiness.ts";

const NOTHING_WRONG = () => Promise.resolve(undefined);

test("ready when every check passes, with a line for each", async () => {
  const probe = readinessProbe([{ name: "trust", problem: () => undefined }], NOTHING_WRONG);
  expect(await probe.check()).toEqual({ ready: true, report: "[+] trust\n[+] listener\n[+] shutdown" });
});

test.each([
  ["a check fails", "not there", undefined, "[-] trust: not there"],
  ["the listener does not answer", undefined, "no answer", "[-] listener: no answer"],
])("not ready when %s", async (_what, problem, result, line) => {
  const probe = readinessProbe([{ name: "trust", problem: () => problem }], () => Promise.resolve(result));
  const { ready, report } = await probe.check();
  expect(ready).toBe(false);
  expect(report).toContain(line);
});

test("never ready again once retired", async () => {
  const probe = readinessProbe([], NOTHING_WRONG);
  probe.retire();
  expect((await probe.check()).ready).toBe(false);
});

test("the listener is asked again only after a while, so that probes do not add load", async () => {
  let now = 0;
  let asked = 0;
  const test = () => Promise.resolve(asked++ === 0 ? "not yet" : undefined);
  const probe = readinessProbe([], test, () => now);
  await Promise.all([probe.check(), probe.check()]);
  now = 2_000;
  expect((await probe.check()).ready).toBe(false);
  expect(asked).toBe(1);
  now = 2_001;
  expect((await probe.check()).ready).toBe(true);
  expect(asked).toBe(2);
});
