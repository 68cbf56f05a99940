import { describe, expect, test } from "vitest";
import { aNamespace } from "../../test/mesh-objects.ts";
import { type JsonObject, stringMapOf } from "../model/json.ts";
import { keyOf, type ObjectRef } from "../model/mesh-object.ts";
import { parseObject } from "../model/parse-object.ts";
import { type AfterApply, type AppliedFiles, afterApply, type GivenObject } from "./after-apply.ts";
import { appliedObject } from "./applied.ts";

const LAST = "kubectl.kubernetes.io/last-applied-configuration";

describe("what kubectl apply makes of an object", () => {
  const live = (spec: JsonObject, last?: JsonObject): JsonObject => ({
    metadata: {
      name: "web",
      uid: "1",
      ...(last !== undefined && { annotations: { [LAST]: JSON.stringify({ spec: last }) } }),
    },
    spec,
    status: { phase: "good" },
  });
  test.each<[string, JsonObject, JsonObject | undefined, JsonObject, JsonObject]>([
    ["what is given counts", { a: 1 }, {}, { a: 2 }, { a: 2 }],
    ["lists as a whole", { a: [1, 2] }, {}, { a: [3] }, { a: [3] }],
    ["maps key by key", { a: { b: 1, c: 1 } }, {}, { a: { b: 2 } }, { a: { b: 2, c: 1 } }],
    [
      "what somebody else wrote stays",
      { a: 1, meshRef: { name: "main" } },
      { a: 1 },
      { a: 1 },
      { a: 1, meshRef: { name: "main" } },
    ],
    ["what was applied before and is not given goes", { a: 1, b: 2 }, { a: 1, b: 2 }, { a: 1 }, { a: 1 }],
    ["also inside", { a: { b: 1, c: 1 } }, { a: { b: 1, c: 1 } }, { a: { b: 1 } }, { a: { b: 1 } }],
    ["nothing goes that was never applied", { a: 1, b: 2 }, undefined, { a: 1 }, { a: 1, b: 2 }],
    ["null takes away", { a: 1, b: 2 }, {}, { a: 1, b: null }, { a: 1 }],
  ])("%s", (_, stored, last, given, expected) => {
    const after = appliedObject(live(stored, last), {
      metadata: { name: "web" },
      spec: given,
      status: { phase: "bad" },
    });
    expect(after["spec"]).toEqual(expected);
    expect(after["status"]).toEqual({ phase: "good" });
    expect(after["metadata"]).toMatchObject({ uid: "1" });
  });
});

const API = "appmesh.k8s.aws/v1beta2";
const node = (name: string, spec: JsonObject = {}, more: JsonObject = {}): JsonObject => ({
  apiVersion: API,
  kind: "VirtualNode",
  metadata: { name, namespace: "shop", ...more },
  spec: { podSelector: {}, ...spec },
});
const MESH: JsonObject = { apiVersion: API, kind: "Mesh", metadata: { name: "main" }, spec: { namespaceSelector: {} } };
const refOf = (raw: JsonObject): ObjectRef => {
  const parsed = parseObject(raw);
  const { name = "", namespace = "" } = stringMapOf(raw["metadata"]);
  return { kind: (parsed.kind === "parsed" ? parsed.object : parsed.ref)?.kind ?? "VirtualNode", namespace, name };
};
const given = (raw: JsonObject): GivenObject => ({ ref: refOf(raw), raw, refusals: [] });

function applied(stored: readonly JsonObject[], files: Partial<AppliedFiles>): AfterApply {
  const before = {
    objects: [MESH, ...stored].map((raw) => parseObject(raw)),
    namespaces: [aNamespace("shop")],
    services: [],
  };
  const objects = new Map(stored.map((raw) => [keyOf(refOf(raw)), raw]));
  const all = { objects: [], namespaces: [], services: [], deleted: [], ...files };
  return afterApply(before, all, { objects, namespaces: new Map() }, "2026-11-29T12:00:00Z");
}
const outcomes = ({ objects }: AfterApply) => objects.map(({ object, outcome }) => `${object.name} ${outcome}`);

describe("objects after an apply", () => {
  test("are created, configured, left or deleted", () => {
    const after = applied([node("web"), node("old"), node("same")], {
      objects: [given(node("web", { backends: [] })), given(node("same")), given(node("new"))],
      deleted: [{ kind: "VirtualNode", namespace: "shop", name: "old" }],
    });
    expect(outcomes(after)).toEqual(["web configured", "same unchanged", "new created", "old deleted"]);
    const names = after.contents.objects.map((parsed) => (parsed.kind === "parsed" ? parsed.object.metadata.name : ""));
    expect(names.toSorted()).toEqual(["main", "new", "same", "web"]);
  });

  test("that are new are younger than those that claim their name already", () => {
    const old = node("web", { awsName: "web" }, { creationTimestamp: "2026-01-01T00:00:00Z" });
    const after = applied([old], { objects: [given(node("other", { awsName: "web" }))] });
    const created = after.contents.objects.flatMap((parsed) =>
      parsed.kind === "parsed" && parsed.object.kind === "VirtualNode" ? [parsed.object.metadata.created] : [],
    );
    expect(created).toEqual(["2026-01-01T00:00:00Z", "2026-11-29T12:00:00Z"]);
  });

  test.each<[string, JsonObject, string]>([
    ["that do not fit", node("web", { listeners: 1 }), "spec.listeners: expected a list, found 1"],
    [
      "with another name in App Mesh",
      node("web", { awsName: "other" }),
      "spec.awsName cannot be changed from web_shop to other",
    ],
    [
      "of a namespace that is not there",
      { ...node("web"), metadata: { name: "web", namespace: "gone" } },
      "there is no namespace gone",
    ],
    [
      "with another name of Cloud Map",
      node("web", { serviceDiscovery: { awsCloudMap: { namespaceName: "a", serviceName: "c" } } }),
      "awsCloudMap cannot be changed",
    ],
    [
      "that the webhook refuses",
      node("web", {
        backends: [
          { virtualService: { virtualServiceRef: { name: "a" } } },
          { virtualService: { virtualServiceRef: { name: "a" } } },
        ],
      }),
      "is listed before",
    ],
  ])("%s are refused and stay as they are", (_, raw, why) => {
    const discovery = { awsCloudMap: { namespaceName: "a", serviceName: "b" } };
    const after = applied([node("web", { awsName: "web_shop", serviceDiscovery: discovery })], {
      objects: [given(raw)],
    });
    expect(after.objects).toMatchObject([{ outcome: "refused", why: expect.stringContaining(why) as string }]);
    const [, stored] = after.contents.objects;
    expect(stored).toMatchObject({ object: { spec: { awsName: "web_shop", serviceDiscovery: discovery } } });
  });

  test("keep what App Mesh's webhook wrote into them", () => {
    const written = { awsName: "web_shop", meshRef: { name: "main", uid: "1" } };
    const after = applied([node("web", written)], { objects: [given(node("web", { backends: [] }))] });
    expect(after.contents.objects[1]).toMatchObject({ object: { spec: { ...written, backends: [] } } });
  });

  test("of a namespace that comes with them are created", () => {
    const raw: JsonObject = { ...node("web"), metadata: { name: "web", namespace: "new" } };
    const namespace = { name: "new", raw: { metadata: { name: "new", labels: { mesh: "main" } } } };
    const after = applied([], { objects: [given(raw)], namespaces: [namespace] });
    expect(outcomes(after)).toEqual(["new created", "web created"]);
    expect(after.contents.namespaces).toContainEqual({ name: "new", labels: { mesh: "main" }, annotations: {} });
  });
});
