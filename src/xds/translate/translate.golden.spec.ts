import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { translated } from "../../../test/translated-manifest.ts";

const TESTDATA = join(import.meta.dirname, "testdata");

describe("what each proxy of a manifest gets (UPDATE_GOLDEN=1 writes it)", () => {
  test.each(readdirSync(join(TESTDATA, "in")))("%s", (file) => {
    const made = translated(readFileSync(join(TESTDATA, "in", file), "utf8"));
    const golden = join(TESTDATA, "out", file);
    if (process.env["UPDATE_GOLDEN"] === "1") {
      mkdirSync(join(TESTDATA, "out"), { recursive: true });
      writeFileSync(golden, made);
    }
    expect(made).toBe(readFileSync(golden, "utf8"));
  });
});
