import { describe, expect, test } from "vitest";
import { normalised, rewritten, type Step, sectionsOf, shown } from "../node/mesh/transcript.ts";

const PAGE = `# Title

\`\`\`sh
before any section
\`\`\`

## First

\`\`\`sh
kubectl apply -f a
\`\`\`

<!-- until: 50\\d -->
<!-- lines: ^wget|cart -->
\`\`\`console
$ wget cart
wget: 503
…
\`\`\`

Words.

\`\`\`console
$ wget again
\`\`\`

## Without commands

## Last

\`\`\`console
$ true
\`\`\`
`;

describe("a page whose commands are typed", () => {
  test("has sections with commands, and outputs with what is said about them", () => {
    expect(sectionsOf(PAGE)).toMatchObject([
      {
        title: "First",
        steps: [
          { kind: "commands", text: "kubectl apply -f a\n" },
          { kind: "shown", command: "wget cart", output: "wget: 503\n…\n", until: /50\d/m, lines: /^wget|cart/m },
          { kind: "shown", command: "wget again", output: "", until: undefined, lines: undefined },
        ],
      },
      { title: "Last", steps: [{ kind: "shown", command: "true", output: "" }] },
    ]);
  });

  test("is the same page when its own outputs are written into it, and has others where they are", () => {
    const steps = sectionsOf(PAGE).flatMap((section) => section.steps);
    const own = new Map(steps.map((step): [Step, string] => [step, step.kind === "shown" ? step.output : ""]));
    expect(rewritten(PAGE, own)).toBe(PAGE);
    const other = rewritten(PAGE, new Map(steps.map((step, index) => [step, `output ${index}\n`])));
    expect(other).toBe(
      PAGE.replace("wget: 503\n…\n", "output 1\n")
        .replace("$ wget again\n", "$ wget again\noutput 2\n")
        .replace("$ true\n", "$ true\noutput 3\n"),
    );
  });

  test("may not show an output without its command", () => {
    expect(() => sectionsOf("## A\n\n```console\nwget: 503\n```\n")).toThrow('begins with "$ "');
  });
});

test("lines that are not asked for are one ellipsis", () => {
  expect(shown("a\nb\nc\nd\n\n", /b|d/)).toBe("…\nb\n…\nd\n");
  expect(shown("a\nb\n", undefined)).toBe("a\nb\n");
});

test.each([
  ["pods", "cart-78bf8d5b89-7prz9 2/2", "cart-56f79c4c55-ndm8t  2/2"],
  ["counts", "1 connection was closed, none of 3 connections", "2 connections were closed, none of 12 connections"],
  ["times, ages and addresses", "2026-11-29T06:15:12.000Z 3m30s 10.0.0.1", "2027-01-01T00:00:00.000Z 4m 10.0.12.13"],
])("%s may differ from run to run", (_, one, other) => {
  expect(normalised(one, "0.2.0")).toBe(normalised(other, "0.2.0"));
});

test.each([
  ["a status", "503", "404"],
  ["a port", "port 8080", "port 9090"],
  ["the name of an object", "VirtualNode store/cart", "VirtualNode store/mail"],
  ["a line more", "a\nb", "a"],
])("%s may not differ", (_, one, other) => {
  expect(normalised(one, "0.2.0")).not.toBe(normalised(other, "0.2.0"));
});
