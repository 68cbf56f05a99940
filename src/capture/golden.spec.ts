import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { dryRunRestore, dryRunText } from "./dry-run.ts";
import { readSettings } from "./environment.ts";
import { planOf } from "./plan.ts";

/*
 * testdata/in holds environments, testdata/out what is written for each, and what is said about it. UPDATE_GOLDEN=1
 * rewrites the outputs; read the difference before committing it.
 */
const TESTDATA = join(import.meta.dirname, "testdata");
const NAMES = readdirSync(join(TESTDATA, "in")).map((file) => file.replace(/\.env$/, ""));

function environment(name: string): Record<string, string> {
  const lines = readFileSync(join(TESTDATA, "in", `${name}.env`), "utf8").split("\n");
  return Object.fromEntries(lines.filter((line) => line !== "").map((line) => line.split(/=(.*)/s).slice(0, 2)));
}

test.each(NAMES)("%s", (name) => {
  const settings = readSettings(environment(name));
  const plans = planOf(settings);
  const notes = settings.notes.map((note) => `${note}\n`).join("");
  const output = [dryRunRestore, dryRunText].map((print) => print("apply", settings.backend, plans)).join("\n") + notes;
  const file = join(TESTDATA, "out", `${name}.txt`);
  if (process.env.UPDATE_GOLDEN) writeFileSync(file, output);
  expect(output).toBe(readFileSync(file, "utf8"));
});

test("every output has its input", () => {
  expect(readdirSync(join(TESTDATA, "out")).sort()).toEqual(NAMES.map((name) => `${name}.txt`).sort());
});
