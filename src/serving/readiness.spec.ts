import { expect, test } from "vitest";
import { readinessProbe } from "./readiness.ts";

test("ready when every check passes, with a line for each", async () => {
  const probe = readinessProbe("webhook", [
    { name: "trust", problem: () => undefined },
    { name: "listener", problem: () => Promise.resolve(undefined) },
  ]);
  expect(await probe.check()).toEqual({ ready: true, report: "[+] trust\n[+] listener\n[+] shutdown" });
});

test.each([
  ["a check fails", "not there", undefined, "[-] trust: not there"],
  ["one that takes its time does", undefined, "no answer", "[-] listener: no answer"],
])("not ready when %s", async (_what, problem, late, line) => {
  const probe = readinessProbe("webhook", [
    { name: "trust", problem: () => problem },
    { name: "listener", problem: () => Promise.resolve(late) },
  ]);
  const { ready, report } = await probe.check();
  expect(ready).toBe(false);
  expect(report).toContain(line);
});

test("never ready again once retired", async () => {
  const probe = readinessProbe("control plane", []);
  probe.retire();
  expect(await probe.check()).toEqual({ ready: false, report: "[-] shutdown: the control plane is about to stop" });
});
