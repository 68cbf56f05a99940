import { describe, expect, test } from "vitest";
import { modeTarget, refuseUnknown } from "./mode-target.ts";

const MESH = { meshes: ["main"], namespaces: [{ name: "shop", labels: {}, annotations: {} }] };

describe("what is to be switched", () => {
  test.each([
    [["mesh/main"], { kind: "mesh", name: "main" }],
    [["meshes/main"], { kind: "mesh", name: "main" }],
    [["Mesh/main"], { kind: "mesh", name: "main" }],
    [["mesh.appmesh.k8s.aws/main"], { kind: "mesh", name: "main" }],
    [["namespace/shop"], { kind: "namespace", name: "shop" }],
    [["namespaces/shop"], { kind: "namespace", name: "shop" }],
    [["ns/shop"], { kind: "namespace", name: "shop" }],
    [["namespace", "shop"], { kind: "namespace", name: "shop" }],
    [["mesh", "main"], { kind: "mesh", name: "main" }],
    [[], undefined],
  ])("%j is named as kubectl names it", (words, target) => {
    expect(modeTarget(words, undefined, "outrigger serve")).toEqual(target);
  });

  test("is everything where that is said", () => {
    expect(modeTarget([], true, "outrigger serve")).toEqual({ kind: "all" });
  });

  test.each([
    [["shop"]],
    [["mesh"]],
    [["mesh/"]],
    [["/main"]],
    [["mesh/a/b"]],
    [["deployment/web"]],
    [["constructor/web"]],
    [["namespace", "shop", "bank"]],
    [["mesh/main", "mesh/other"]],
    [["namespace", "mesh/main"]],
  ])("%j is none of these, and an example helps", (words) => {
    expect(() => modeTarget(words, undefined, "outrigger serve")).toThrow(
      `expected mesh/NAME or namespace/NAME, one of them, as in outrigger serve namespace/shop; found ${JSON.stringify(words.join(" "))}`,
    );
  });

  test("is one of them or everything", () => {
    expect(() => modeTarget(["mesh/main"], true, "outrigger serve")).toThrow("either mesh/main or --all");
  });
});

describe("a target that is not there", () => {
  test("is refused, and what is near is named", async () => {
    await expect(refuseUnknown({ kind: "mesh", name: "maim" }, MESH)).rejects.toMatchObject({
      code: "usage",
      message: "there is no Mesh maim: did you mean mesh/main?",
    });
    await expect(refuseUnknown({ kind: "namespace", name: "other-thing" }, MESH)).rejects.toThrow(
      "there is no namespace other-thing: there is shop",
    );
    await expect(refuseUnknown({ kind: "mesh", name: "main" }, { ...MESH, meshes: [] })).rejects.toThrow(
      "there is no Mesh main: there is none at all",
    );
  });

  test("is none that is there, nor everything", async () => {
    for (const target of [
      { kind: "all" },
      { kind: "mesh", name: "main" },
      { kind: "namespace", name: "shop" },
    ] as const) {
      await expect(refuseUnknown(target, MESH)).resolves.toBeUndefined();
    }
  });
});
