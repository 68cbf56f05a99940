import { execFile } from "node:child_process";
import { chmod, mkdir, mkdtemp, rm, symlink, truncate, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterEach, beforeEach, expect, test } from "vitest";
import { outrigger } from "../api/command-line.ts";

/* What is given with -f and is no file with manifests: each kind ends, and is answered with a sentence that helps. */

const run = promisify(execFile);
const MAIN = join(import.meta.dirname, "../../src/cli/main.ts");
let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "outrigger-files-"));
});
afterEach(() => rm(folder, { recursive: true }));

const MANIFEST = "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: é\n";
const at = (name: string) => join(folder, name);
const uninject = (name: string) => outrigger(["uninject", "-f", name]);

async function refusal(name: string): Promise<string> {
  const { code, stdout, stderr } = await uninject(name);
  expect(stdout).toBe("");
  expect(code).toBeGreaterThan(0);
  expect(stderr).not.toMatch(/internal error|^\S+: E[A-Z]+/);
  return stderr;
}

test("a device that never ends is read up to the bound, which is said", async () => {
  expect(await refusal("/dev/zero")).toContain("brings more than 64 MiB");
});

test("a file that is too large is not read at all", async () => {
  await writeFile(at("x.yaml"), "");
  await truncate(at("x.yaml"), 64 * 1024 * 1024 + 1);
  expect(await refusal(at("x.yaml"))).toContain("is larger than 64 MiB, which is the most that is read: split it");
});

test("an empty device and an empty file hold nothing, and that is said", async () => {
  await writeFile(at("x.yaml"), "");
  for (const path of ["/dev/null", at("x.yaml")]) {
    const { code, stdout, stderr } = await uninject(path);
    expect({ code, stdout }).toEqual({ code: 0, stdout: "" });
    expect(stderr).toContain(`${path} is empty`);
  }
});

test("a pipe is read, by its name too", async () => {
  await run("mkfifo", [at("pipe")]);
  const [{ stdout }] = await Promise.all([uninject(at("pipe")), writeFile(at("pipe"), MANIFEST)]);
  expect(stdout).toBe(MANIFEST);
});

test("a socket is refused", async () => {
  const server = createServer().listen(at("x.sock"));
  await new Promise((resolve) => server.once("listening", resolve));
  expect(await refusal(at("x.sock"))).toContain("is a socket");
  await new Promise((resolve) => server.close(resolve));
});

test("a link is followed to a file; one that leads nowhere or in a circle is named with what it names", async () => {
  await writeFile(at("real"), MANIFEST);
  await symlink(at("real"), at("good.yaml"));
  await symlink("gone", at("broken.yaml"));
  await symlink("circle.yaml", at("circle.yaml"));
  expect((await uninject(at("good.yaml"))).stdout).toBe(MANIFEST);
  expect(await refusal(at("broken.yaml"))).toContain("is a link to gone, which does not exist");
  expect(await refusal(at("circle.yaml"))).toContain("links lead in a circle");
});

test("in a folder, what is no file is named instead of waited for", async () => {
  await mkdir(at("real"));
  await mkdir(at("links"));
  await symlink(at("real"), at("links/x.yaml"));
  expect(await refusal(at("links"))).toContain("x.yaml is a link to a folder, which is not followed: give it with -f");
  await mkdir(at("pipes"));
  await run("mkfifo", [at("pipes/x.yaml")]);
  expect(await refusal(at("pipes"))).toContain("is no file but a pipe");
});

test("a file that may not be read", async () => {
  await writeFile(at("x.yaml"), MANIFEST);
  await chmod(at("x.yaml"), 0);
  // root reads whatever there is, unless it lacks these two capabilities
  const unprivileged =
    process.getuid?.() === 0
      ? (["setpriv", "--bounding-set=-dac_override,-dac_read_search"] as const)
      : (["env"] as const);
  const [program, ...flags] = [...unprivileged, process.execPath, MAIN, "uninject", "-f", at("x.yaml")] as const;
  const failure = await run(program, flags).then(
    () => "it did not fail",
    (error: Error) => error.message,
  );
  expect(failure).toContain("you have no permission");
});

test.each([
  ["what does not exist", "x.yaml", "does not exist"],
  ["a path through a file", "file/x.yaml", "a part of the path is a file"],
  ["a path that is too long", "x".repeat(300), "too long for a path"],
])("%s", async (_what, name, message) => {
  await writeFile(at("file"), MANIFEST);
  expect(await refusal(at(name))).toContain(message);
});

test.each([
  ["bytes that are no text", Buffer.from([0xc3, 0x28]), "is not UTF-8 text"],
  ["a program", Buffer.from("\x7fELF\x02\x01\x01\0\0\0"), "holds binary data"],
])("%s", async (_what, bytes, message) => {
  await writeFile(at("x.yaml"), bytes);
  expect(await refusal(at("x.yaml"))).toContain(message);
});

test("UTF-16 with its mark is read, as kubectl reads it, and printed as UTF-8", async () => {
  const little = Buffer.from(`\uFEFF${MANIFEST}`, "utf16le");
  for (const bytes of [little, Buffer.from(little).swap16()]) {
    await writeFile(at("x.yaml"), bytes);
    expect((await uninject(at("x.yaml"))).stdout).toBe(MANIFEST);
  }
});
