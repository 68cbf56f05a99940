import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { copiedFile, folder, type ImageEntry, link, textFile } from "./image-entry.ts";
import { writeLayer } from "./tar-layer.ts";

let scratch: string;
beforeAll(async () => {
  scratch = await mkdtemp(join(tmpdir(), "tar-"));
  await writeFile(join(scratch, "source"), "x".repeat(1_000));
});
afterAll(async () => {
  await rm(scratch, { recursive: true });
});

const LONG = `/opt/${"a-folder-of-a-package/".repeat(6)}file.js`;

function entries(): readonly ImageEntry[] {
  return [
    textFile("/usr/bin/tool", "#!/bin/sh\n", 0o755),
    copiedFile("/etc/data", join(scratch, "source")),
    link("/bin", "usr/bin"),
    folder("/tmp", 0o1777),
    textFile(LONG, "far down\n"),
    textFile("/etc/empty", ""),
  ];
}

describe("writeLayer", () => {
  it("writes what tar reads: types, modes, owners, sizes, links, folders that nobody named", async () => {
    const path = join(scratch, "layer.tar");
    await writeLayer(entries(), path);
    const listed = execFileSync("tar", ["--full-time", "--utc", "--numeric-owner", "-tvf", path], {
      encoding: "utf8",
    });
    const lines = listed
      .trim()
      .split("\n")
      .map((line) => line.replace(/ +/g, " "));
    expect(lines).toEqual(
      expect.arrayContaining([
        "lrwxrwxrwx 0/0 0 1970-01-01 00:00:00 bin -> usr/bin",
        "drwxr-xr-x 0/0 0 1970-01-01 00:00:00 etc/",
        "-rw-r--r-- 0/0 1000 1970-01-01 00:00:00 etc/data",
        "-rw-r--r-- 0/0 0 1970-01-01 00:00:00 etc/empty",
        "drwxrwxrwt 0/0 0 1970-01-01 00:00:00 tmp/",
        "drwxr-xr-x 0/0 0 1970-01-01 00:00:00 usr/",
        "-rwxr-xr-x 0/0 10 1970-01-01 00:00:00 usr/bin/tool",
        `-rw-r--r-- 0/0 9 1970-01-01 00:00:00 ${LONG.slice(1)}`,
      ]),
    );
    expect(execFileSync("tar", ["-xOf", path, "etc/data"], { encoding: "utf8" })).toBe("x".repeat(1_000));
  });

  it("writes the same bytes for the same entries, in whatever order they come, and says their digest", async () => {
    const [one, two] = [join(scratch, "one.tar"), join(scratch, "two.tar")];
    const first = await writeLayer(entries(), one);
    expect(await writeLayer(entries().toReversed(), two)).toEqual(first);
    const bytes = await readFile(one);
    expect(await readFile(two)).toEqual(bytes);
    expect(first).toEqual({ digest: `sha256:${createHash("sha256").update(bytes).digest("hex")}`, size: bytes.length });
  });

  it("takes the later of two entries for one path", async () => {
    const path = join(scratch, "twice.tar");
    await writeLayer([textFile("/a", "first"), textFile("/a", "second")], path);
    expect(execFileSync("tar", ["-xOf", path, "a"], { encoding: "utf8" })).toBe("second");
  });

  it("refuses what tar cannot hold", async () => {
    const path = join(scratch, "refused.tar");
    await expect(writeLayer([textFile(`/${"n".repeat(101)}`, "")], path)).rejects.toThrow("longer than tar can hold");
    await expect(writeLayer([link("/l", "t".repeat(101))], path)).rejects.toThrow("more than tar can hold");
  });

  it("fails when a file that it is to copy is gone", async () => {
    const gone = [copiedFile("/a", join(scratch, "nowhere"))];
    await expect(writeLayer(gone, join(scratch, "gone.tar"))).rejects.toThrow("ENOENT");
  });
});
