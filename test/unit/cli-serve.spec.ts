import { describe, expect, test } from "vitest";
import { outrigger } from "./command-line.ts";

describe("diff, serve and observe", () => {
  test.each([
    [["diff"], "give --serve"],
    [["diff", "-n", "shop"], "give --serve"],
    [["serve", "shop"], 'expected mesh/NAME or namespace/NAME, as in outrigger serve namespace/shop; found "shop"'],
    [["observe", "deployment/web"], "as in outrigger observe namespace/shop"],
    [["serve", "mesh/"], "expected mesh/NAME"],
    [["serve", "mesh/a/b"], "expected mesh/NAME"],
    [["serve", "mesh/main", "--all"], "expected either mesh/main or --all: one of them or everything?"],
    [["observe", "mesh/main", "--yes"], "unknown option '--yes'"],
    [["serve", "mesh/main", "mesh/other"], "too many arguments"],
  ])("%j is a wrong usage that asks no cluster", async (argv, message) => {
    const { code, stdout, stderr } = await outrigger(argv);
    expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
    expect(stderr).toContain(message);
  });
});
