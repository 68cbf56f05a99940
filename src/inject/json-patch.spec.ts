import { describe, expect, test } from "vitest";
import type { JsonObject } from "../model/json.ts";
import { applyPatch, escapeToken, PatchError, type PatchOperation, pointer, pointerTokens } from "./json-patch.ts";

const DOCUMENT: JsonObject = { metadata: { annotations: { "a/b": "1" } }, list: ["x", "y"], none: null };

describe("pointers", () => {
  test.each([
    [["metadata", "annotations", "appmesh.k8s.aws/mesh"], "/metadata/annotations/appmesh.k8s.aws~1mesh"],
    [["a~b", "~1", ""], "/a~0b/~01/"],
    [["spec", "containers", 0], "/spec/containers/0"],
    [[], ""],
  ])("%j is %j and back", (tokens, text) => {
    expect(pointer(...tokens)).toBe(text);
    expect(pointerTokens(text)).toEqual(tokens.map(String));
  });

  test("a tilde is escaped before a slash", () => {
    expect(escapeToken("~/")).toBe("~0~1");
  });

  test("text without a leading slash is no pointer", () => {
    expect(() => pointerTokens("a/b")).toThrow(PatchError);
  });
});

describe("applyPatch", () => {
  test.each<[string, PatchOperation, JsonObject]>([
    ["adds a member", { op: "add", path: "/new", value: 1 }, { ...DOCUMENT, new: 1 }],
    ["replaces by adding", { op: "add", path: "/none", value: [] }, { ...DOCUMENT, none: [] }],
    ["inserts an element", { op: "add", path: "/list/1", value: "z" }, { ...DOCUMENT, list: ["x", "z", "y"] }],
    ["inserts in front", { op: "add", path: "/list/0", value: "z" }, { ...DOCUMENT, list: ["z", "x", "y"] }],
    ["appends by index", { op: "add", path: "/list/2", value: "z" }, { ...DOCUMENT, list: ["x", "y", "z"] }],
    ["appends by dash", { op: "add", path: "/list/-", value: "z" }, { ...DOCUMENT, list: ["x", "y", "z"] }],
    ["replaces an element", { op: "replace", path: "/list/1", value: "z" }, { ...DOCUMENT, list: ["x", "z"] }],
    ["removes an element", { op: "remove", path: "/list/0" }, { ...DOCUMENT, list: ["y"] }],
    [
      "removes a member with an escaped name",
      { op: "remove", path: "/metadata/annotations/a~1b" },
      { ...DOCUMENT, metadata: { annotations: {} } },
    ],
  ])("%s", (_name, operation, result) => {
    expect(applyPatch(DOCUMENT, [operation])).toEqual(result);
  });

  test.each<[string, PatchOperation, string]>([
    ["the whole document", { op: "replace", path: "", value: {} }, "whole document"],
    ["a missing parent", { op: "add", path: "/spec/volumes/-", value: {} }, '"spec" does not exist'],
    ["a parent that is null", { op: "add", path: "/none/x", value: 1 }, "not an object or a list"],
    ["a parent that is text", { op: "add", path: "/list/0/x", value: 1 }, "not an object or a list"],
    ["replacing what is not there", { op: "replace", path: "/new", value: 1 }, "no such member"],
    ["removing what is not there", { op: "remove", path: "/metadata/labels" }, "no such member"],
    ["an element beyond the end", { op: "add", path: "/list/3", value: "z" }, "no such element"],
    ["replacing one past the end", { op: "replace", path: "/list/2", value: "z" }, "no such element"],
    ["removing by dash", { op: "remove", path: "/list/-" }, '"-" is not an index'],
    ["an index with a leading zero", { op: "replace", path: "/list/01", value: "z" }, '"01" is not an index'],
    ["a step into a list by name", { op: "add", path: "/list/first/x", value: 1 }, '"first" is not an index'],
    ["an inherited member", { op: "add", path: "/constructor/x", value: 1 }, '"constructor" does not exist'],
    ["removing an inherited member", { op: "remove", path: "/toString" }, "no such member"],
  ])("refuses %s", (_name, operation, problem) => {
    expect(() => applyPatch(DOCUMENT, [operation])).toThrow(problem);
  });

  test("a member called __proto__ is data", () => {
    const patched = applyPatch({}, [{ op: "add", path: "/__proto__", value: { polluted: true } }]);
    expect(Object.keys(patched)).toEqual(["__proto__"]);
    expect(JSON.stringify(patched)).toBe('{"__proto__":{"polluted":true}}');
    expect(({} as { polluted?: boolean }).polluted).toBeUndefined();
  });

  test("operations see what those before them did", () => {
    const patched = applyPatch({}, [
      { op: "add", path: "/spec", value: {} },
      { op: "add", path: "/spec/volumes", value: [] },
      { op: "add", path: "/spec/volumes/-", value: { name: "a" } },
    ]);
    expect(patched).toEqual({ spec: { volumes: [{ name: "a" }] } });
  });

  test("neither the document nor the values are shared with the result", () => {
    const value = { list: ["a"] };
    const patched = applyPatch({}, [
      { op: "add", path: "/one", value },
      { op: "add", path: "/two", value },
      { op: "add", path: "/one/list/-", value: "b" },
    ]);
    expect(patched).toEqual({ one: { list: ["a", "b"] }, two: { list: ["a"] } });
    expect(value).toEqual({ list: ["a"] });
  });
});
