import { describe, expect, test } from "vitest";
import { type JsonObject, objectsOf } from "../../model/json.ts";
import { givenBack, scaledBack, scaledDown, takenOver } from "./take-over.ts";

const LABEL = "appmesh.k8s.aws/sidecarInjectorWebhook";
const SELECTOR = { matchLabels: { [LABEL]: "enabled" } };
const NOWHERE = { matchExpressions: [{ key: "kubernetes.io/metadata.name", operator: "DoesNotExist" }] };
const PODS = {
  name: "inject.example",
  rules: [{ apiGroups: [""], apiVersions: ["v1"], operations: ["CREATE", "UPDATE"], resources: ["pods"] }],
  namespaceSelector: SELECTOR,
};
const OTHER = { name: "defaults.example", rules: [{ apiGroups: ["apps"], resources: ["*"], operations: ["*"] }] };

const pods = (object: JsonObject) => takenOver(object, "pods");

function registration(webhooks: readonly JsonObject[], metadata: JsonObject = { name: "other" }): JsonObject {
  return { metadata, webhooks };
}

test("only the entries that inject are switched off", () => {
  expect(pods(registration([OTHER, PODS]))).toMatchObject({
    webhooks: [OTHER, { ...PODS, namespaceSelector: NOWHERE }],
  });
});

test("nothing is to be done where nothing injects, or is switched off already", () => {
  expect(pods(registration([OTHER]))).toBeUndefined();
  expect(pods(pods(registration([PODS])) ?? {})).toBeUndefined();
});

test("giving back restores the object, with the annotations that it had", () => {
  for (const metadata of [{ name: "other" }, { name: "other", annotations: { team: "mesh" } }]) {
    const before = registration([PODS, OTHER], metadata);
    expect(givenBack(pods(before) ?? {})).toEqual(before);
  }
});

test("what was taken over in two steps is given back whole", () => {
  const second = { ...PODS, name: "second.example" };
  const once = pods(registration([PODS])) ?? {};
  const twice = pods({ ...once, webhooks: [...(once.webhooks as JsonObject[]), second] }) ?? {};
  expect(givenBack(twice)).toEqual(registration([PODS, second]));
});

describe("giving back leaves", () => {
  test("a registration that was not taken over", () => {
    expect(givenBack(registration([PODS]))).toBeUndefined();
  });

  test("an entry whose owner has changed it since", () => {
    const taken = pods(registration([PODS])) ?? {};
    const changed = { ...PODS, namespaceSelector: { matchLabels: { theirs: "now" } } };
    expect(givenBack({ ...taken, webhooks: [changed] })).toEqual(registration([changed]));
  });

  test.each(["", "{", "[]", "null", '{"inject.example":"x"}', '{"__proto__":{"a":1}}'])(
    "entries off when the annotation says %j",
    (text) => {
      const metadata = { name: "other", annotations: { "outrigger.dev/taken-over": text } };
      const off = { ...PODS, namespaceSelector: NOWHERE };
      expect(givenBack(registration([off], metadata))).toEqual(registration([off]));
    },
  );
});

describe("entries of App Mesh's controller for its objects", () => {
  const entry = (name: string, group: string, objectSelector: JsonObject = {}): JsonObject => ({
    name,
    rules: [{ apiGroups: [group], apiVersions: ["v1beta2"], operations: ["CREATE"], resources: ["meshes"] }],
    namespaceSelector: {},
    objectSelector,
  });
  const MESHES = entry("vmesh.appmesh.k8s.aws", "appmesh.k8s.aws", { matchLabels: { a: "b" } });
  const OTHERS = [
    entry("mesh.mesh.outrigger.dev", "appmesh.k8s.aws"),
    entry("validate.kyverno.svc", "appmesh.k8s.aws"),
  ];
  const objects = (object: JsonObject) => takenOver(object, "objects");

  test("are called for no object any more, not even for one without a namespace; those of others are", () => {
    const [taken, ...rest] = objectsOf(objects(registration([MESHES, PODS, ...OTHERS]))?.webhooks);
    const key = "outrigger.dev/taken-over";
    expect(taken).toEqual({
      ...MESHES,
      objectSelector: {
        matchExpressions: [
          { key, operator: "Exists" },
          { key, operator: "DoesNotExist" },
        ],
      },
    });
    expect(rest).toEqual([PODS, ...OTHERS]);
  });

  test("are left when they are off already", () => {
    expect(objects(objects(registration([MESHES])) ?? {})).toBeUndefined();
  });

  test("are given back together with the one for pods, whichever was taken first", () => {
    const before = registration([PODS, MESHES, ...OTHERS]);
    expect(givenBack(objects(pods(before) ?? {}) ?? {})).toEqual(before);
    expect(givenBack(pods(objects(before) ?? {}) ?? {})).toEqual(before);
  });

  test("stay as their owner has changed them since", () => {
    const taken = objects(registration([MESHES])) ?? {};
    const changed = { ...MESHES, objectSelector: { matchLabels: { theirs: "now" } } };
    expect(givenBack({ ...taken, webhooks: [changed] })).toEqual(registration([changed]));
  });
});

describe("the Deployment of App Mesh's controller", () => {
  const deployment = (replicas: number | undefined, annotations?: JsonObject): JsonObject => ({
    metadata: { name: "appmesh-controller", ...(annotations && { annotations }) },
    spec: { ...(replicas !== undefined && { replicas }), selector: {} },
  });

  test.each([1, 3])("with %i replicas has none, and has them back", (replicas) => {
    const before = deployment(replicas, { "meta.helm.sh/release-name": "appmesh-controller" });
    const taken = scaledDown(before) ?? {};
    expect(taken["spec"]).toMatchObject({ replicas: 0 });
    expect(scaledBack(taken)).toEqual(before);
  });

  test("that says no number had one", () => {
    expect(scaledBack(scaledDown(deployment(undefined)) ?? {})).toEqual(deployment(1));
  });

  test("without replicas is left, and taken over twice still knows its number", () => {
    expect(scaledDown(deployment(0))).toBeUndefined();
    expect(scaledDown(scaledDown(deployment(2)) ?? {})).toBeUndefined();
  });

  test("that was not taken over is left", () => {
    expect(scaledBack(deployment(0))).toBeUndefined();
  });

  test("that somebody has scaled since stays so", () => {
    expect(scaledBack(deployment(5, { "outrigger.dev/taken-over": "2" }))).toEqual(deployment(5));
  });

  test.each(["", "-1", "many", "1e9", "99999"])("stays without replicas when the annotation says %j", (text) => {
    expect(scaledBack(deployment(0, { "outrigger.dev/taken-over": text }))).toEqual(deployment(0));
  });
});
