import fc from "fast-check";

/** Ways in which people lay out the same values. */
export interface Hand {
  readonly step: number;
  readonly listIndent: number;
  readonly newline: "\n" | "\r\n";
  readonly lastLineEnds: boolean;
  readonly marker: boolean;
  /** Writes some collections with brackets. */
  readonly brackets: boolean;
  /** Consumed in turn: what stands above and behind entries, how scalars are quoted. */
  readonly whims: readonly number[];
}

export const hands: fc.Arbitrary<Hand> = fc
  .record({
    step: fc.integer({ min: 1, max: 4 }),
    listIndent: fc.integer({ min: 0, max: 3 }),
    newline: fc.constantFrom("\n" as const, "\r\n" as const),
    lastLineEnds: fc.boolean(),
    marker: fc.boolean(),
    brackets: fc.boolean(),
    whims: fc.array(fc.nat(23), { minLength: 1, maxLength: 30 }),
  })
  // a dash further right than the maps' step would not be below its key any more in nested lists
  .map((hand) => ({ ...hand, listIndent: Math.min(hand.listIndent, hand.step) }));

export type Tree = string | number | boolean | null | readonly Tree[] | { readonly [key: string]: Tree };

const keys = fc.constantFrom("name", "labels", "spec", "a", "b-c", "x.y/z", "on", "1", "env");
const scalars: fc.Arbitrary<Tree> = fc.oneof(
  fc.constantFrom("web", "yes", "10m", "1e3", "", "two\nlines\n", "kept\n\n", "a: b", "# no comment", "é", "- x"),
  fc.integer(),
  fc.boolean(),
  fc.constant(null),
);

/** Values as manifests hold them, with a map at the top. */
export const trees: fc.Arbitrary<{ readonly [key: string]: Tree }> = fc
  .letrec<{ tree: Tree; map: { [key: string]: Tree }; list: Tree[] }>((tie) => ({
    tree: fc.oneof({ depthSize: "small", withCrossShrink: true }, scalars, tie("map"), tie("list")),
    map: fc.dictionary(keys, tie("tree"), { minKeys: 0, maxKeys: 4, noNullPrototype: true }),
    list: fc.array(tie("tree"), { maxLength: 3 }),
  }))
  .map.filter((tree) => Object.keys(tree).length > 0);

/** Writes a tree as a person might: with comments, blank lines and quotes at the whim of the hand. */
export function written(tree: { readonly [key: string]: Tree }, hand: Hand): string {
  let turn = 0;
  let endsInBlock = false;
  const whim = (): number => hand.whims[turn++ % hand.whims.length] as number;
  const lines: string[] = hand.marker ? ["# a head", "---"] : [];
  members(tree, 0);
  return lines.join(hand.newline) + (hand.lastLineEnds || endsInBlock ? hand.newline : "");

  function members(map: { readonly [key: string]: Tree }, column: number): void {
    for (const [key, value] of Object.entries(map)) {
      entry(`${" ".repeat(column)}${JSON.stringify(key)}:`, value, column, hand.step, column + hand.listIndent);
    }
  }

  function items(list: readonly Tree[], column: number): void {
    for (const value of list) {
      const lead = `${" ".repeat(column)}-`;
      if (isFilledMap(value)) {
        // a map begins on the line of its dash
        const at = lines.length;
        members(value, column + 2);
        const first = lines.findIndex((line, index) => index >= at && line.trimStart().startsWith('"'));
        lines[first] = `${lead} ${(lines[first] as string).slice(column + 2)}`;
      } else {
        entry(lead, value, column, 2, column + 2);
      }
    }
  }

  function entry(lead: string, value: Tree, column: number, step: number, listColumn: number): void {
    const mood = whim();
    if (mood === 1) lines.push(`${" ".repeat(column)}# above`);
    if (mood === 2 && !endsInBlock) lines.push("");
    const behind = mood === 3 ? "  # behind" : "";
    endsInBlock = false;
    if (hand.brackets && mood > 18) {
      const spread =
        mood > 21
          ? JSON.stringify(value, null, 1).replaceAll("\n", `${hand.newline}${" ".repeat(column + 1)}`)
          : undefined;
      lines.push(`${lead} ${spread ?? JSON.stringify(value)}${behind}`);
    } else if (Array.isArray(value) && value.length > 0) {
      lines.push(lead + behind);
      items(value as readonly Tree[], listColumn);
    } else if (isFilledMap(value)) {
      lines.push(lead + behind);
      members(value, column + step);
    } else if (typeof value === "string" && /^[a-z]+\n[a-z]*\n$/.test(value)) {
      lines.push(`${lead} ${value.endsWith("\n\n") ? "|+" : "|"}`);
      for (const line of value.replace(/\n$/, "").split("\n")) {
        lines.push(line === "" ? "" : " ".repeat(column + 3) + line);
      }
      endsInBlock = true;
    } else if (value === null && mood > 11) {
      lines.push(lead + behind);
    } else {
      const plain = typeof value === "string" && /^[a-z]+$/.test(value) && value !== "yes" && mood > 11;
      lines.push(`${lead} ${plain ? value : JSON.stringify(value)}${behind}`);
    }
  }
}

function isFilledMap(value: Tree): value is { readonly [key: string]: Tree } {
  return typeof value === "object" && value !== null && !Array.isArray(value) && Object.keys(value).length > 0;
}
