import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { parse } from "yaml";
import { configuration } from "../config/schema.ts";
import { configCommand } from "./config-command.ts";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "outrigger-config-"));
  await writeFile(join(folder, "mesh.yaml"), "meshName: demo\nreplicaCount: 2\n");
});
afterAll(() => rm(folder, { recursive: true }));

async function run(words: readonly string[], environment: Record<string, string> = {}) {
  let [out, err] = ["", ""];
  const io = {
    stdin: process.stdin,
    stdout: { write: (text: string) => (out += text) },
    stderr: { write: (text: string) => (err += text) },
    environment,
  };
  const command = configCommand({ io }).exitOverride();
  command.configureOutput({ writeOut: (text) => (out += text), writeErr: (text) => (err += text) });
  const error: unknown = await command.parseAsync([...words], { from: "user" }).then(
    () => undefined,
    (failure: unknown) => failure,
  );
  return { out, err, error };
}

describe("outrigger config", () => {
  it("prints the effective configuration as YAML", async () => {
    const { out, err, error } = await run(["--flavor", "aws"], { MESH_NAME: "demo" });
    expect(parse(out)).toEqual(configuration({ meshName: "demo", flavor: "aws" }));
    expect(out).toContain("meshName: demo # environment MESH_NAME\n");
    expect([err, error]).toEqual(["", undefined]);
  });

  it("reads a file, and warns on standard error only", async () => {
    const { out, err } = await run(["--config", join(folder, "mesh.yaml"), "--output", "json"]);
    expect(JSON.parse(out)).toMatchObject({ configuration: { meshName: "demo" } });
    expect(err).toMatch(/^outrigger: warning: .*mesh\.yaml:2:15: replicaCount: no effect/);
  });

  it("prints a table", async () => {
    expect((await run(["-o", "table"])).out).toMatch(/^SETTING/);
  });

  it("prints nothing when there are problems, and rejects with all of them", async () => {
    const { out, error } = await run(["--mesh-name", "a/b", "--enable-ecr-secret=maybe"], { OUTRIGGER_FLAVOR: "gold" });
    expect(out).toBe("");
    expect(error).toMatchObject({ name: "ConfigurationError", problems: { length: 3 } });
  });

  it.each([
    [["--config", "/nowhere/mesh.yaml"], "unreadable"],
    [["--output", "xml"], "commander.invalidArgument"],
    [["--mesh-nam", "x"], "commander.unknownOption"],
    [["extra"], "commander.excessArguments"],
  ])("refuses %j", async (words, code) => {
    const { out, error } = await run(words);
    expect(out).toBe("");
    expect(error).toMatchObject({ code });
  });

  it("has help with examples and all settings", async () => {
    const { out } = await run(["--help"]);
    expect(out).toContain("Examples:\n  outrigger config");
    expect(out).toContain("--proxy-log-level");
  });
});
