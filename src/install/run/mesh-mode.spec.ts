import { describe, expect, test } from "vitest";
import { choiceText, chosenMeshMode } from "./mesh-mode.ts";

const NOTHING = { isThere: false, configuration: undefined };
const had = (configuration: string) => ({ isThere: true, configuration });

describe("the mesh of an installation", () => {
  test.each([
    ["is served where there was no control plane", undefined, NOTHING, false, "serve", "new"],
    ["is observed where another injector is taken over", undefined, NOTHING, true, "observe", "take-over"],
    [
      "goes on to be observed where the control plane before had no such setting",
      undefined,
      had("meshName: m\n"),
      false,
      "observe",
      "upgrade",
    ],
    [
      "goes on to be observed where it had no configuration at all",
      undefined,
      { isThere: true, configuration: undefined },
      false,
      "observe",
      "upgrade",
    ],
    [
      "goes on to be observed where its configuration cannot be read",
      undefined,
      had("{{"),
      false,
      "observe",
      "upgrade",
    ],
    [
      "goes on to be observed where it was set to something else",
      undefined,
      had("controlPlane: {mesh: on}"),
      false,
      "observe",
      "upgrade",
    ],
    ["stays served where that is set", undefined, had("controlPlane: {mesh: serve}"), false, "serve", "kept"],
    ["stays served by a take-over, too", undefined, had("controlPlane:\n  mesh: serve\n"), true, "serve", "kept"],
    ["stays observed where that is set", undefined, had("controlPlane:\n  mesh: observe\n"), false, "observe", "kept"],
    ["is what the options say", "serve", had("controlPlane: {mesh: observe}"), true, "serve", "given"],
    ["is what the options say, of a new one too", "observe", NOTHING, false, "observe", "given"],
  ] as const)("%s", (_, given, there, takesOver, mode, because) => {
    expect(chosenMeshMode(given, there, takesOver)).toEqual({ mode, because });
  });

  test("is said with what it means, and how it is switched where it is not served", () => {
    expect(choiceText({ mode: "serve", because: "new" }, [])).toBe(
      "the mesh is served (controlPlane.mesh: serve): pods of a virtual node get what the App Mesh resources say",
    );
    const upgraded = choiceText({ mode: "observe", because: "upgrade" }, []);
    expect(upgraded).toContain(
      "observed (controlPlane.mesh: observe), as the control plane before passed traffic through",
    );
    expect(upgraded).toContain("outrigger diff --serve; then outrigger serve switches");
  });

  test("is not said of those that say otherwise themselves, whose word counts more", () => {
    const own = [
      { kind: "Mesh", name: "main", mode: "serve" },
      { kind: "Namespace", name: "stray", mode: "serve" },
      { kind: "Namespace", name: "bank", mode: "observe" },
    ] as const;
    expect(choiceText({ mode: "observe", because: "take-over" }, own)).toContain(
      "the mesh is observed (controlPlane.mesh: observe), as pods come from another mesh; but served, by an annotation of before, which counts more: Mesh main, Namespace stray (outrigger observe --all switches that too). For all others: all traffic passes through. See",
    );
    expect(choiceText({ mode: "serve", because: "kept" }, own)).toContain(
      "as before; but observed, by an annotation of before, which counts more: Namespace bank (outrigger serve --all switches that too). For all others: pods of a virtual node get",
    );
  });
});
