import { expect, test } from "vitest";
import { parseAllDocuments } from "yaml";
import { manifestJson, manifestYaml, objectYaml } from "./manifest-text.ts";

test("each object is a document of its own, lists of plain values in one line", () => {
  expect(manifestYaml([{ kind: "A", verbs: ["get", "list"] }, { kind: "B" }])).toBe(
    "---\nkind: A\nverbs: [get, list]\n---\nkind: B\n",
  );
});

test.each([
  "yes",
  "no",
  "on",
  "off",
  "y",
  "1e3",
  "0x10",
  "1_000",
  "null",
  "~",
  "true",
  "017",
  "1:30",
  " a",
  "a: b",
  "#",
  "\n",
])("the text %j stays text for a YAML 1.1 reader", (value) => {
  const [document] = parseAllDocuments(objectYaml({ value }), { version: "1.1" });
  expect(document?.toJS()).toEqual({ value });
});

test("objects that share a part are written out, without anchors", () => {
  const shared = { app: "x" };
  expect(objectYaml({ a: shared, b: shared })).toBe("a:\n  app: x\nb:\n  app: x\n");
});

test("as JSON they are one List", () => {
  expect(JSON.parse(manifestJson([{ kind: "A" }]))).toEqual({ apiVersion: "v1", kind: "List", items: [{ kind: "A" }] });
});
