import { describe, expect, test } from "vitest";
import { outrigger } from "./command-line.ts";

describe("diff, serve and observe", () => {
  test.each([
    [["diff"], "expected either -f FILE, --delete KIND/NAME or both"],
    [["diff", "-n", "shop"], "expected either -f FILE"],
    [["diff", "--serve", "-f", "shop.yaml"], "expected either -f FILE"],
    [["diff", "-f", "shop.yaml", "mesh/main"], "expected either -f FILE"],
    [["diff", "-f", "shop.yaml", "--all"], "expected either -f FILE"],
    [["diff", "--delete", "pod/web"], '"pod/web": expected KIND/NAME'],
    [["diff", "--delete", "virtualnode/"], "expected KIND/NAME"],
    [["diff", "--serve", "shop"], 'as in outrigger diff --serve namespace/shop; found "shop"'],
    [["diff", "--serve", "mesh/main", "--all"], "expected either mesh/main or --all"],
    [["diff", "--serve", "mesh/main", "-n", "shop"], "expected either -n shop or mesh/main: which of them?"],
    [["diff", "--serve", "--all", "-n", "shop"], "expected either -n shop or --all: which of them?"],
    [
      ["serve", "shop"],
      'expected mesh/NAME or namespace/NAME, one of them, as in outrigger serve namespace/shop; found "shop"',
    ],
    [["observe", "deployment/web"], "as in outrigger observe namespace/shop"],
    [["serve", "mesh/"], "expected mesh/NAME"],
    [["serve", "mesh/a/b"], "expected mesh/NAME"],
    [["serve", "mesh/main", "--all"], "expected either mesh/main or --all: one of them or everything?"],
    [["observe", "mesh/main", "--yes"], "unknown option '--yes'"],
    [["serve", "mesh/main", "mesh/other"], "one of them, as in outrigger serve namespace/shop"],
  ])("%j is a wrong usage that asks no cluster", async (argv, message) => {
    const { code, stdout, stderr } = await outrigger(argv);
    expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
    expect(stderr).toContain(message);
  });
});
