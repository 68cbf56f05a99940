import { existsSync, mkdirSync, mkdtempSync, rmSync, statSync, utimesSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { type ClusterRecord, checkName, claimCluster, listRecords, readRecord, writeRecord } from "./cluster-record.ts";
import { isAlive, ownIdentity } from "./process/identity.ts";

const NOW = new Date("2030-01-01T00:00:00Z");
const GONE = { pid: process.pid, startTime: "1" };
let clusters: string;

beforeEach(() => {
  clusters = mkdtempSync(join(tmpdir(), "outrigger-clusters-"));
});

afterEach(() => {
  rmSync(clusters, { recursive: true, force: true });
});

async function leaveDeadCluster(name: string): Promise<string> {
  const path = join(clusters, name);
  mkdirSync(path);
  const record: ClusterRecord = {
    name,
    tier: "api",
    startedBy: "up",
    owner: GONE,
    remover: GONE,
    controlGroups: [],
    since: NOW.toISOString(),
    running: undefined,
  };
  await writeRecord(path, record);
  return path;
}

describe("a claimed cluster", () => {
  test("belongs to this process, is readable by its user alone, and is listed", async () => {
    const { directory, record } = await claimCluster(clusters, "mine", "program", NOW);
    expect(record).toMatchObject({ name: "mine", owner: ownIdentity(), since: "2030-01-01T00:00:00.000Z" });
    expect(statSync(directory.path).mode & 0o777).toBe(0o700);
    expect(await listRecords(clusters)).toMatchObject([{ name: "mine", owner: ownIdentity() }]);
    await directory.remove();
    expect(await listRecords(clusters)).toEqual([]);
  });

  test("keeps its name to itself", async () => {
    const { directory } = await claimCluster(clusters, "mine", "up", NOW);
    await expect(claimCluster(clusters, "mine", "up", NOW)).rejects.toMatchObject({ code: "name-taken" });
    expect(isAlive(directory.remover)).toBe(true);
    await directory.remove();
  });
});

describe("what a dead cluster left", () => {
  test("is no cluster", async () => {
    await leaveDeadCluster("dead");
    expect(await readRecord(clusters, "dead")).toBeUndefined();
  });

  test("is removed when clusters are listed", async () => {
    const path = await leaveDeadCluster("dead");
    expect(await listRecords(clusters)).toEqual([]);
    expect(existsSync(path)).toBe(false);
  });

  test("gives its name to the next", async () => {
    await leaveDeadCluster("dead");
    const { directory } = await claimCluster(clusters, "dead", "up", NOW);
    expect(await readRecord(clusters, "dead")).toMatchObject({ owner: ownIdentity() });
    await directory.remove();
  });
});

test("a folder without a record is somebody's who is just making it, unless it is old", async () => {
  const path = join(clusters, "new");
  mkdirSync(path);
  await listRecords(clusters);
  expect(existsSync(path)).toBe(true);
  const minuteAgo = Date.now() / 1_000 - 60;
  utimesSync(path, minuteAgo, minuteAgo);
  await listRecords(clusters);
  expect(existsSync(path)).toBe(false);
});

test("no folder for clusters means no clusters", async () => {
  expect(await listRecords(join(clusters, "absent"))).toEqual([]);
});

test.each(["dev", "a", "run-12-ab"])("%j is a name", (name) => {
  expect(() => checkName(name)).not.toThrow();
});

test.each(["", "-a", "a-", "A", "../x", "a/b", "a b", "a".repeat(41)])("%j is no name", (name) => {
  expect(() => checkName(name)).toThrow("is not usable");
});
