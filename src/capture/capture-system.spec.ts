import { expect, test } from "vitest";
import { captureSystem } from "./capture-system.ts";

const PATH = process.env["PATH"];
const system = captureSystem({ PATH, APPMESH_SECRET: "not passed on", XTABLES_LOCKFILE: "/run/own.lock" });

test("a program gets its input and its arguments as they are, without a shell", () => {
  expect(system.run("cat", [], "*nat\n$(id)\n")).toMatchObject({ kind: "exited", code: 0, stdout: "*nat\n$(id)\n" });
  expect(system.run("echo", ["$(id)", "a b"], "")).toMatchObject({ stdout: "$(id) a b\n" });
});

test("a program sees only the variables that iptables knows", () => {
  const result = system.run("env", [], "");
  const names = result.kind === "exited" ? result.stdout.split("\n").map((line) => line.split("=")[0]) : [];
  expect(names.filter((name) => name !== "")).toEqual(expect.arrayContaining(["PATH", "LC_ALL", "XTABLES_LOCKFILE"]));
  expect(names).not.toContain("APPMESH_SECRET");
});

test("the lock of legacy iptables lies where a read-only root file system lets it, unless somebody says where", () => {
  expect(system.run("printenv", ["XTABLES_LOCKFILE"], "")).toMatchObject({ stdout: "/run/own.lock\n" });
  const silent = captureSystem({ PATH });
  expect(silent.run("printenv", ["XTABLES_LOCKFILE"], "")).toMatchObject({ stdout: "/dev/shm/xtables.lock\n" });
});

test("a failure is told with its code and words", () => {
  const result = system.run("sh", ["-c", "echo no >&2; exit 4"], "input that nobody reads");
  expect(result).toEqual({ kind: "exited", code: 4, stdout: "", stderr: "no\n" });
});

test("a program that is not there was not started", () => {
  expect(system.run("iptables-of-nobody", [], "")).toEqual({ kind: "not-started", reason: "ENOENT" });
});

test("a program that is killed gave no answer", () => {
  expect(system.run("sh", ["-c", "kill -9 $$"], "")).toEqual({ kind: "killed", reason: "it was ended by SIGKILL" });
});

test("endless output is cut off", () => {
  expect(system.run("yes", [], "")).toMatchObject({ kind: "killed", reason: expect.stringContaining("bytes") });
});

test("a file that cannot be read is undefined", () => {
  expect(system.read("/proc/self/status")).toContain("Name:");
  expect(system.read("/proc/self/nothing")).toBeUndefined();
});
