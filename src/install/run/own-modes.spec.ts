import { describe, expect, test } from "vitest";
import type { KubeClient } from "../../kube/client.ts";
import { KubeError } from "../../kube/kube-error.ts";
import type { JsonObject } from "../../model/json.ts";
import { hasMesh, namesOf, ownModes } from "./own-modes.ts";

const KEY = "outrigger.dev/mesh";
const named = (name: string, mode?: string): JsonObject => {
  return { metadata: { name, ...(mode !== undefined && { annotations: { [KEY]: mode } }) } };
};

/** A cluster with these Meshes and Namespaces; a number is the status of a refusal. */
function reader(meshes: readonly JsonObject[] | number, namespaces: readonly JsonObject[] | number = []) {
  const get = (path: string): Promise<JsonObject> => {
    const found = path.startsWith("/api/v1/namespaces?") ? namespaces : meshes;
    if (typeof found !== "number") return Promise.resolve({ metadata: {}, items: [...found] });
    return Promise.reject(new KubeError("status", "no", { status: found }));
  };
  return { client: { get } as unknown as KubeClient, signal: new AbortController().signal };
}

describe("who says the mode by an annotation", () => {
  test("is every Mesh and every Namespace that says something", async () => {
    const cluster = reader([named("main", "serve"), named("other")], [named("shop", "observe"), named("bank")]);
    expect(await ownModes(cluster)).toEqual([
      { kind: "Mesh", name: "main", mode: "serve" },
      { kind: "Namespace", name: "shop", mode: "observe" },
    ]);
  });

  test("says nothing with another value", async () => {
    expect(await ownModes(reader([named("main", "on")], [named("shop", "")]))).toEqual([]);
  });

  test("is nobody where there is no such kind, or it may not be listed", async () => {
    expect(await ownModes(reader(404, [named("shop", "serve")]))).toHaveLength(1);
    expect(await ownModes(reader(403, 403))).toEqual([]);
  });

  test("is not known where the API server fails", async () => {
    await expect(ownModes(reader(500))).rejects.toThrow(KubeError);
    await expect(hasMesh(reader(500))).rejects.toThrow(KubeError);
  });
});

test("there is a Mesh, there is none, or nobody knows", async () => {
  expect(await hasMesh(reader([named("main")]))).toBe(true);
  expect(await hasMesh(reader([]))).toBe(false);
  expect(await hasMesh(reader(404))).toBe(false);
  expect(await hasMesh(reader(403))).toBeUndefined();
});

test("of many only some are named, with the number of the others", () => {
  const many = Array.from({ length: 10 }, (_, index) => ({ kind: "Mesh", name: `m${index}`, mode: "serve" }) as const);
  expect(namesOf(many.slice(0, 2))).toBe("Mesh m0, Mesh m1");
  expect(namesOf(many)).toMatch(/^Mesh m0, .*Mesh m7 and 2 more$/);
});
