import { spawn } from "node:child_process";
import { once } from "node:events";
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { text } from "node:stream/consumers";
import { afterEach, beforeEach, expect, test } from "vitest";

const CI_RUN = join(import.meta.dirname, "../../.ci/run");
let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "outrigger-ci-"));
});

afterEach(() => {
  rmSync(folder, { recursive: true, force: true });
});

/** Runs `.ci/run` with an npm that does what the shell lines say. */
async function ci(npm: { readonly ci: string; readonly test: string }) {
  writeFileSync(join(folder, "npm"), `#!/bin/sh\ncase $1 in ci) ${npm.ci};; test) ${npm.test};; esac\n`);
  chmodSync(join(folder, "npm"), 0o755);
  const env = { ...process.env, PATH: `${folder}${delimiter}${process.env.PATH}` };
  const child = spawn(CI_RUN, { env, cwd: "/", stdio: ["ignore", "pipe", "inherit"] });
  const [output, [code]] = await Promise.all([text(child.stdout), once(child, "close")]);
  return { lines: output.trimEnd().split("\n"), code: code as number };
}

test("the count is the last line, after whatever npm says at its end", async () => {
  const { lines, code } = await ci({ ci: "true", test: "echo '3 passed, 1 failed'; echo 'npm error' >&2; exit 1" });
  expect({ last: lines.at(-1), code }).toEqual({ last: "3 passed, 1 failed", code: 1 });
});

test("every tier is required, in the repository's folder", async () => {
  const { lines, code } = await ci({
    ci: "true",
    test: "echo $OUTRIGGER_REQUIRE; ls package.json; echo '1 passed, 0 failed'",
  });
  expect({ said: lines.slice(0, 2), code }).toEqual({ said: ["all", "package.json"], code: 0 });
});

test("a failed installation is one failure, and no test runs", async () => {
  const { lines, code } = await ci({ ci: "exit 7", test: "echo '1 passed, 0 failed'" });
  expect({ last: lines.at(-1), code }).toEqual({ last: "0 passed, 1 failed", code: 7 });
});

test("tests that end without a count are a failure even when npm says nothing of it", async () => {
  const { lines, code } = await ci({ ci: "true", test: "true" });
  expect({ last: lines.at(-1), code }).toEqual({ last: "0 passed, 1 failed", code: 1 });
});
