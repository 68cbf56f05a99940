import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { Command } from "commander";
import { beforeAll, describe, expect, test } from "vitest";
import { COMMANDS } from "../../src/cli/command-table.ts";
import { buildProgram } from "../../src/cli/program.ts";
import { RELEASE } from "../../src/release.ts";
import { outrigger } from "./command-line.ts";

const ROOT = join(import.meta.dirname, "../..");
const PAGES = [
  "README.md",
  "CONTRIBUTING.md",
  "testbed/README.md",
  ...readdirSync(join(ROOT, "docs"))
    .filter((name) => name.endsWith(".md"))
    .map((name) => `docs/${name}`),
];
const textOf = (path: string) => readFileSync(join(ROOT, path), "utf8");

/** What a page has between ```sh or ```console and ```, one command a line: continued lines joined, comments left out. */
function commandLines(page: string): string[] {
  const blocks = [...page.matchAll(/^ *```(?:sh|console)\n([\s\S]*?)^ *```$/gm)].map(([, block]) => block ?? "");
  return blocks.flatMap((block) => linesOf(block));
}

function linesOf(block: string): string[] {
  return block
    .replaceAll(/\\\n\s*/g, " ")
    .split("\n")
    .map((line) => line.replace(/(^|\s)#.*$/, "").trim())
    .filter((line) => line !== "");
}

/** The words after `outrigger`, up to what ends a command in a shell, or to a run of blanks before an explanation. */
function invocations(line: string): string[][] {
  const found = line.matchAll(/(?:^|[|(`] ?|npx |\$ |[A-Z_]+=\S+ |-- )outrigger ((?:(?!\s{2})[^|>)`;&])*)/g);
  return [...found].map(([, words = ""]) => words.split(/\s+/).filter((word) => word !== ""));
}

let program: Command;
beforeAll(async () => {
  const quiet = { write: () => true };
  const io = { stdin: process.stdin, stdout: quiet, stderr: quiet, environment: {} };
  program = await buildProgram({ io, release: RELEASE, exit: () => undefined }, "all");
});

/** What is wrong with an invocation: a command or an option that does not exist. */
function problemsOf(words: readonly string[]): string[] {
  let command = program;
  let [rest, problems] = [[...words], [] as string[]];
  for (;;) {
    const inner = command.commands.find((one) => one.name() === rest[0]);
    if (inner === undefined) break;
    [command, rest] = [inner, rest.slice(1)];
  }
  const [first = "--help"] = rest;
  const takesWords = command.registeredArguments.length > 0;
  if (command.commands.length > 0 && !takesWords && !first.startsWith("-")) problems = [`no command ${first}`];
  const known = new Set(["-h", "--help", ...command.options.flatMap(({ short, long }) => [short, long])]);
  const flags = rest.filter((word) => /^--?[a-zA-Z]/.test(word)).map((word) => word.replace(/=.*$/, ""));
  return [...problems, ...flags.filter((flag) => !known.has(flag)).map((flag) => `no option ${flag}`)].map(
    (problem) => `outrigger ${words.join(" ")}: ${problem}`,
  );
}

describe("a shown command line", () => {
  test.each([
    ["nonsense x", "no command nonsense"],
    ["trust nonsense", "no command nonsense"],
    ["inject -f x --nonsense", "no option --nonsense"],
    ["uninstall --mesh-name=x", "no option --mesh-name"],
  ])("is known as wrong: %s", (line, problem) => {
    expect(problemsOf(line.split(" "))).toEqual([expect.stringContaining(problem)]);
  });

  test("is found wherever a shell would run it", () => {
    const line = 'A_B=c npx outrigger inject -f a | outrigger uninject -f - > b; source <(outrigger completion "zsh")';
    expect(invocations(line)).toEqual([
      ["inject", "-f", "a"],
      ["uninject", "-f", "-"],
      ["completion", '"zsh"'],
    ]);
  });
});

describe.each(PAGES)("%s", (path) => {
  const lines = commandLines(textOf(path));

  test("shows commands and options of outrigger that exist", () => {
    expect(lines.flatMap(invocations).flatMap(problemsOf)).toEqual([]);
  });

  test("names files of the repository that exist", () => {
    const named = lines.flatMap((line) =>
      [
        ...line.matchAll(/(?:^|[\s=])((?:bench|bin|charts|deploy|docs|examples|scripts|src|test|testbed)\/[\w./-]*)/g),
      ].map(([, name = ""]) => name),
    );
    // testbed/app:1 is an image
    expect(named.filter((name) => !existsSync(join(ROOT, name)))).toEqual([]);
  });

  test("shows npm scripts that exist", () => {
    const { scripts } = JSON.parse(textOf("package.json")) as { scripts: Record<string, string> };
    const shown = [...textOf(path).matchAll(/npm run (?:--silent )?([a-z][\w:-]*)/g)].map(([, name = ""]) => name);
    expect(shown.filter((name) => !(name in scripts))).toEqual([]);
  });

  test("says how a clone runs outrigger, where it begins a line with it", () => {
    if (lines.some((line) => line.startsWith("outrigger "))) expect(textOf(path)).toContain("npx outrigger");
  });
});

test.each(["", ...COMMANDS.map(({ name }) => name)])(
  "help of %j shows commands and options that exist",
  async (name) => {
    const { stdout } = await outrigger([...(name === "" ? [] : [name]), "--help"]);
    const examples = linesOf(stdout.slice(stdout.indexOf("\nExamples:\n")));
    const shown = examples.flatMap(invocations);
    expect(shown).not.toEqual([]);
    expect(shown.flatMap(problemsOf)).toEqual([]);
  },
);
