/* A page whose commands a test types: what stands in its blocks, and how an output is written into one. */

/** A block of commands that must succeed (```sh), or one command and what it printed (```console). */
export type Step =
  | { readonly kind: "commands"; readonly text: string }
  | {
      readonly kind: "shown";
      readonly command: string;
      /** As it stands in the page, without the command. */
      readonly output: string;
      /** The command is typed again until its output has this; undefined: once. */
      readonly until: RegExp | undefined;
      /** Lines that are shown, where the others are left out as `…`; undefined: all. */
      readonly lines: RegExp | undefined;
      /** Where the output stands in the page. */
      readonly start: number;
      readonly end: number;
    };

/** A section of the second level. */
export interface Section {
  readonly title: string;
  readonly steps: readonly Step[];
}

/**
 * The sections of a page that have commands. What a block of the kind ```console shows stands in comments right before it: `<!-- until: EXPRESSION -->`,
 * `<!-- lines: EXPRESSION -->`. @throws Error for such a block that does not begin with `$ `.
 */
export function sectionsOf(page: string): readonly Section[] {
  const headings = [...page.matchAll(/^## (.*)$/gm)];
  return headings.flatMap(({ 1: title = "", index }, place) => {
    const end = headings[place + 1]?.index ?? page.length;
    const steps = stepsIn(page, index, end);
    return steps.length === 0 ? [] : [{ title, steps }];
  });
}

const BLOCK = /((?:^<!-- .* -->\n)*)^```(sh|console)\n([\s\S]*?)^```$/dgm;

function stepsIn(page: string, from: number, to: number): readonly Step[] {
  return [...page.slice(from, to).matchAll(BLOCK)].map((match): Step => {
    const [, comments = "", kind, text = ""] = match;
    if (kind === "sh") return { kind: "commands", text };
    const [, command = ""] = /^\$ (.*)\n/.exec(text) ?? [];
    if (command === "") throw new Error(`a block of the kind console begins with "$ " and a command: ${text}`);
    const start = from + (match.indices?.[3]?.[0] ?? 0) + command.length + 3;
    const output = text.slice(command.length + 3);
    const said = (word: string): RegExp | undefined => {
      const [, expression] = new RegExp(`^<!-- ${word}: (.*) -->$`, "m").exec(comments) ?? [];
      return expression === undefined ? undefined : new RegExp(expression, "m");
    };
    return {
      kind: "shown",
      command,
      output,
      until: said("until"),
      lines: said("lines"),
      start,
      end: start + output.length,
    };
  });
}

/** An output as the page has it: the lines that are shown, `…` in the place of others. */
export function shown(output: string, lines: RegExp | undefined): string {
  const all = output.trimEnd().split("\n");
  if (lines === undefined) return `${all.join("\n")}\n`;
  const kept = all.map((line) => (lines.test(line) ? line : "…"));
  return `${kept.filter((line, place) => line !== "…" || kept[place - 1] !== "…").join("\n")}\n`;
}

/** An output without what differs from run to run: names that Kubernetes makes up, addresses, ages, counts, widths of columns. */
export function normalised(output: string, release: string): string {
  return output
    .replaceAll(release, "RELEASE")
    .replaceAll(/-[a-z0-9]{8,10}-[a-z0-9]{5}\b/g, "-POD")
    .replaceAll(/\b\d+\.\d+\.\d+\.\d+\b/g, "ADDRESS")
    .replaceAll(/\b\d{4}-\d\d-\d\dT[\d:.]+Z/g, "TIME")
    .replaceAll(/\b(?:\d+[smhd])+\b/g, "AGE")
    .replaceAll(/\b\d+ (of \d+ )?(connection|request)s?\b/g, "N $2s")
    .replaceAll(/\b(?:was|were) closed\b/g, "were closed")
    .replaceAll(/ {2,}/g, " ")
    .trimEnd();
}

/** The page with other outputs, by the steps that they are of. */
export function rewritten(page: string, outputs: ReadonlyMap<Step, string>): string {
  const places = [...outputs].flatMap(([step, output]) => (step.kind === "shown" ? [{ ...step, output }] : []));
  return places
    .toSorted((a, b) => b.start - a.start)
    .reduce((text, { start, end, output }) => text.slice(0, start) + output + text.slice(end), page);
}
