import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { controlGroups, joinControlGroups, removeControlGroups } from "./control-groups.ts";

// A folder that looks like /sys/fs/cgroup: the real one wants root, and test/node starts clusters in it.
let root: string;

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "outrigger-cgroup-"));
});

afterEach(() => {
  rmSync(root, { recursive: true, force: true });
});

function write(path: string, content = ""): void {
  mkdirSync(join(root, path, ".."), { recursive: true });
  writeFileSync(join(root, path), content);
}

test("version 1 has a group in every hierarchy, and other folders are none", () => {
  write("memory/cgroup.procs");
  write("cpuset/cgroup.procs");
  write("other/file");
  expect(controlGroups("/name", root)).toEqual([join(root, "cpuset/name"), join(root, "memory/name")]);
});

test("version 2 has one group", () => {
  write("cgroup.controllers", "cpu memory\n");
  write("cgroup.procs");
  expect(controlGroups("/name", root)).toEqual([join(root, "name")]);
});

test("a machine without control groups has none", () => {
  expect(controlGroups("/name", join(root, "missing"))).toEqual([]);
  expect(controlGroups("/name", root)).toEqual([]);
});

test("joining puts this process into a group of its own, and hands CPUs and memory nodes down", async () => {
  write("cpuset/cgroup.procs");
  write("cpuset/cpuset.cpus", "0-1\n");
  write("cpuset/cpuset.mems", "0\n");
  await joinControlGroups(controlGroups("/name", root));
  const system = join(root, "cpuset/name/system");
  expect(readFileSync(join(system, "cgroup.procs"), "utf8")).toBe(String(process.pid));
  expect(readFileSync(join(root, "cpuset/name/cpuset.cpus"), "utf8")).toBe("0-1\n");
  expect(readFileSync(join(system, "cpuset.mems"), "utf8")).toBe("0\n");
});

test("groups are removed from below; one in use stays, and one that is gone is no error", async () => {
  mkdirSync(join(root, "memory/name/kubepods/pod1"), { recursive: true });
  write("cpuset/name/system/busy");
  await removeControlGroups([join(root, "memory/name"), join(root, "cpuset/name"), join(root, "missing/name")]);
  expect(existsSync(join(root, "memory/name"))).toBe(false);
  expect(existsSync(join(root, "cpuset/name/system/busy"))).toBe(true);
});
