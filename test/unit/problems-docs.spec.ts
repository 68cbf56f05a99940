import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import type { ProblemsReport } from "../../src/answers/problems-report.ts";
import { SEVERITIES } from "../../src/answers/severity.ts";
import { PROBLEM_CODES } from "../../src/graph/problem.ts";
import { outrigger } from "./command-line.ts";

const PAGE = readFileSync(join(import.meta.dirname, "../../docs/problems.md"), "utf8");
const [, codes = ""] = PAGE.split("\n## The codes\n");
const [introduction = "", ...sections] = codes.split(/^### /m);
const MESH = yamlOf(introduction);

/** What files cannot have: the example is one in which nothing is wrong. */
const OF_CLUSTERS: ReadonlySet<string> = new Set(["name-not-answered", "certificate-secret", "rejected"]);

function yamlOf(text: string): string {
  return /```yaml\n([\s\S]*?)```/.exec(text)?.[1] ?? "";
}

test("docs/problems.md has a section for exactly the codes that there are, in their order", () => {
  expect(sections.map((section) => section.split("\n")[0])).toEqual([...PROBLEM_CODES]);
});

test.each(sections.map((section) => [section.split("\n")[0] as keyof typeof SEVERITIES, section] as const))(
  "the section of %s has its severity, what helps, and an example in which nothing else is wrong",
  async (code, section) => {
    expect(section.split("\n")[2]?.toLowerCase()).toMatch(new RegExp(`^${SEVERITIES[code]}\\. `));
    expect(section).toMatch(/^What helps: ./m);
    const stdin = `${MESH}---\n${yamlOf(section)}`;
    const { code: exit, stdout } = await outrigger(["problems", "-f", "-", "-o", "json"], { stdin });
    const { problems, notes } = JSON.parse(stdout) as ProblemsReport;
    if (OF_CLUSTERS.has(code)) {
      expect({ exit, problems, notes }).toEqual({ exit: 0, problems: [], notes: [] });
      return;
    }
    expect(new Set(problems.map((problem) => problem.code))).toEqual(new Set([code]));
    expect(problems[0]?.docs).toBe(`docs/problems.md#${code}`);
    expect(notes).toEqual([]);
    expect(exit).toBe(1);
  },
);

test.each(PROBLEM_CODES)("outrigger problems --explain %s prints its section", async (code) => {
  const { code: exit, stdout } = await outrigger(["problems", "--explain", code]);
  expect(exit).toBe(0);
  expect(stdout).toContain("What helps:");
  expect(stdout).not.toMatch(/^#/m);
});
