import { describe, expect, test } from "vitest";
import { aMeshObject, aNamespace } from "../../test/mesh-objects.ts";
import type { MeshObject } from "../model/mesh-object.ts";
import type { MeshContents } from "./mesh-contents.ts";
import { contentsWith, type Mode, type ModeTarget, writesFor } from "./mode-change.ts";

const KEY = "outrigger.dev/mesh";
const ALL = { kind: "all" } as const;
const mesh = (name: string): ModeTarget => ({ kind: "mesh", name });
const namespace = (name: string): ModeTarget => ({ kind: "namespace", name });

function contents(objects: readonly MeshObject[], namespaces: MeshContents["namespaces"]): MeshContents {
  return {
    objects: objects.map((object) => ({ kind: "parsed", object, unknown: [] }) as never),
    namespaces,
    services: [],
  };
}

/** `Mesh/main undefined>serve`. */
function written(target: ModeTarget, after: Mode, given: MeshContents, setting: Mode | undefined): readonly string[] {
  return writesFor(target, after, given, setting).map(({ kind, name, before }) => `${kind}/${name} ${before}>${after}`);
}

const PLAIN = contents([aMeshObject("main")], [aNamespace("shop"), aNamespace("other", {})]);
const SAID = contents(
  [aMeshObject("main", {}, { [KEY]: "observe" })],
  [
    aNamespace("shop", { mesh: "main" }, { [KEY]: "observe" }),
    aNamespace("bank", { mesh: "main" }, { [KEY]: "serve" }),
  ],
);

describe("annotations that switch", () => {
  test.each<[string, ModeTarget, Mode, MeshContents, Mode | undefined, readonly string[]]>([
    ["a Mesh", mesh("main"), "serve", PLAIN, "observe", ["Mesh/main undefined>serve"]],
    ["no Mesh that is so by the setting", mesh("main"), "serve", PLAIN, "serve", []],
    ["a Mesh where nobody knows the setting", mesh("main"), "serve", PLAIN, undefined, ["Mesh/main undefined>serve"]],
    ["a Mesh that says otherwise, and no namespace", mesh("main"), "serve", SAID, "serve", ["Mesh/main observe>serve"]],
    ["no Mesh of another name", mesh("mian"), "serve", PLAIN, "observe", []],
    ["a namespace", namespace("shop"), "serve", PLAIN, "observe", ["Namespace/shop undefined>serve"]],
    ["no namespace whose Mesh is so", namespace("shop"), "serve", PLAIN, "serve", []],
    ["a namespace that says otherwise", namespace("shop"), "serve", SAID, "observe", ["Namespace/shop observe>serve"]],
    ["no namespace that says so itself", namespace("bank"), "serve", SAID, "observe", []],
    [
      "a namespace that no Mesh selects",
      namespace("other"),
      "serve",
      PLAIN,
      "serve",
      ["Namespace/other undefined>serve"],
    ],
    ["all: the Meshes", ALL, "serve", PLAIN, "observe", ["Mesh/main undefined>serve"]],
    ["all: nothing where all is so", ALL, "observe", PLAIN, "observe", []],
    [
      "all: namespaces that say otherwise too",
      ALL,
      "serve",
      SAID,
      "observe",
      ["Mesh/main observe>serve", "Namespace/shop observe>serve"],
    ],
    ["all: back", ALL, "observe", SAID, "serve", ["Namespace/bank serve>observe"]],
  ])("%s", (_name, target, after, given, setting, expected) => {
    expect(written(target, after, given, setting)).toEqual(expected);
  });

  test("a value that cannot be used counts as none, and is replaced", () => {
    const odd = contents([aMeshObject("main", {}, { [KEY]: "Serve" })], []);
    expect(written(mesh("main"), "serve", odd, "observe")).toEqual(["Mesh/main Serve>serve"]);
    expect(written(mesh("main"), "serve", odd, "serve")).toEqual([]);
  });

  test("once written there is nothing left to write, and the other way takes it back", () => {
    for (const given of [PLAIN, SAID]) {
      const served = contentsWith(given, writesFor(ALL, "serve", given, "observe"));
      expect(writesFor(ALL, "serve", served, "observe")).toEqual([]);
      const back = contentsWith(served, writesFor(ALL, "observe", served, "observe"));
      expect(writesFor(ALL, "observe", back, "observe")).toEqual([]);
    }
  });
});
