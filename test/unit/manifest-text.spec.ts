import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { applyPatch, type PatchOperation, pointer } from "../../src/inject/json-patch.ts";
import { applyToText } from "../../src/manifest/apply-text.ts";
import { parseManifest } from "../../src/manifest/parse.ts";
import { isObject, type Json, type JsonObject } from "../../src/model/json.ts";
import { hands, type Tree, trees, written } from "./written-yaml.ts";

const RUNS = { numRuns: 100 };
const blockHands = hands.map((hand) => ({ ...hand, brackets: false }));

/** What each step does: where (a number picks among the places there are), and with which value. */
interface Step {
  readonly place: number;
  readonly key: string;
  readonly value: Tree;
}
const steps = fc.array(
  fc.record({
    place: fc.nat(1000),
    key: fc.constantFrom("new", "on", "other/key", "~"),
    value: fc.oneof(trees, fc.constantFrom<Tree>("x", "no", 7, null, [], ["1", { a: "b" }], "two\nlines")),
  }),
  { minLength: 1, maxLength: 4 },
);

function collectionsOf(value: Json, path: string): [string, Json][] {
  if (Array.isArray(value)) {
    return [[path, value], ...value.flatMap((entry, index) => collectionsOf(entry as Json, path + pointer(index)))];
  }
  if (!isObject(value)) return [];
  const below = Object.entries(value).flatMap(([key, entry]) => collectionsOf(entry, path + pointer(key)));
  return [[path, value], ...below];
}

/**
 * Add operations at random places of the document, each on the result of those before. An empty collection stands on one
 * line, which changes when something is put in; `filled` leaves them alone.
 */
function additions(document: JsonObject, wanted: readonly Step[], into: "filled" | "any"): PatchOperation[] {
  const operations: PatchOperation[] = [];
  let now = document;
  for (const { place, key, value } of wanted) {
    const places = collectionsOf(now, "").filter(
      ([, value]) => into === "any" || Object.keys(value as object).length > 0,
    );
    const [path, collection] = places[place % places.length] as [string, Json];
    if (!Array.isArray(collection) && Object.hasOwn(collection as JsonObject, key)) continue;
    const token = Array.isArray(collection) ? place % (collection.length + 1) : key;
    const operation = { op: "add", path: path + pointer(token), value: value as Json } as const;
    now = applyPatch(now, [operation]);
    operations.push(operation);
  }
  return operations;
}

function apply(text: string, operations: readonly PatchOperation[]) {
  const manifest = parseManifest(text);
  const [document] = manifest.documents;
  if (document === undefined) throw new Error("the text holds no document");
  return applyToText(manifest, [{ document, operations }]);
}

function isSubsequence(part: readonly string[], whole: readonly string[]): boolean {
  let at = 0;
  for (const line of whole) if (line === part[at]) at++;
  return at === part.length;
}

const linesOf = (text: string): string[] => text.split(/\r?\n/).filter((line) => line !== "");

describe("additions to YAML", () => {
  test("in block style say what the operations say, and keep every line of the input in its order", () => {
    fc.assert(
      fc.property(trees, blockHands, steps, (tree, hand, wanted) => {
        const text = written(tree, hand);
        const document = parseManifest(text).documents[0]?.json as JsonObject;
        expect(document).toEqual(tree);
        const operations = additions(document, wanted, "filled");
        const { text: result, notices } = apply(text, operations);
        expect(parseManifest(result).documents[0]?.json).toEqual(applyPatch(document, operations));
        expect(notices).toEqual([]);
        expect(isSubsequence(linesOf(text), linesOf(result))).toBe(true);
      }),
      RUNS,
    );
  });

  test("in block style are taken away again to the byte", () => {
    fc.assert(
      fc.property(trees, blockHands, steps, (tree, hand, wanted) => {
        const text = written(tree, hand);
        const document = parseManifest(text).documents[0]?.json as JsonObject;
        const operations = additions(document, wanted, "filled");
        const there = apply(text, operations);
        expect(there.notices).toEqual([]);
        const removals = operations.toReversed().map(({ path }): PatchOperation => ({ op: "remove", path }));
        const back = apply(there.text, removals);
        expect(back.notices).toEqual([]);
        expect(back.text).toBe(text);
      }),
      RUNS,
    );
  });

  test("need no second rendering, brackets or not", () => {
    fc.assert(
      fc.property(trees, hands, steps, (tree, hand, wanted) => {
        const text = written(tree, hand);
        const operations = additions(parseManifest(text).documents[0]?.json as JsonObject, wanted, "any");
        const { text: result, notices } = apply(text, operations);
        expect(notices).toEqual([]);
        expect(parseManifest(result).documents[0]?.json).toEqual(applyPatch(tree as JsonObject, operations));
      }),
      RUNS,
    );
  });
});

describe("JSON", () => {
  test("stays JSON of the same layout, and additions are taken away again to the byte", () => {
    fc.assert(
      fc.property(trees, fc.constantFrom(undefined, 2, 4), steps, (tree, space, wanted) => {
        const text = JSON.stringify(tree, null, space);
        const operations = additions(tree as JsonObject, wanted, "any");
        const { text: result, notices } = apply(text, operations);
        expect(notices).toEqual([]);
        expect(JSON.parse(result)).toEqual(applyPatch(tree as JsonObject, operations));
        if (space === undefined) expect(result).not.toContain("\n");
        const removals = operations.toReversed().map(({ path }): PatchOperation => ({ op: "remove", path }));
        expect(JSON.parse(apply(result, removals).text)).toEqual(tree);
      }),
      RUNS,
    );
  });
});

describe("replacements and removals", () => {
  test("say what the operations say", () => {
    fc.assert(
      fc.property(
        trees,
        hands,
        steps,
        fc.array(fc.boolean(), { minLength: 4, maxLength: 4 }),
        (tree, hand, wanted, removes) => {
          const text = written(tree, hand);
          const document = parseManifest(text).documents[0]?.json as JsonObject;
          const operations: PatchOperation[] = [];
          let now = document;
          for (const [index, { place, value }] of wanted.entries()) {
            const entries = collectionsOf(now, "").flatMap(([path, collection]) =>
              Object.keys(collection as object).map((key) => path + pointer(key)),
            );
            if (entries.length === 0) break;
            const path = entries[place % entries.length] as string;
            const operation: PatchOperation = removes[index]
              ? { op: "remove", path }
              : { op: "replace", path, value: value as Json };
            now = applyPatch(now, [operation]);
            operations.push(operation);
          }
          const { text: result } = apply(text, operations);
          expect(parseManifest(result).documents[0]?.json).toEqual(now);
        },
      ),
      RUNS,
    );
  });
});
