import { describe, expect, test } from "vitest";
import type { JsonObject } from "../../model/json.ts";
import { givenBack, takenOver } from "./take-over.ts";

const LABEL = "appmesh.k8s.aws/sidecarInjectorWebhook";
const SELECTOR = { matchLabels: { [LABEL]: "enabled" } };
const NOWHERE = { matchExpressions: [{ key: "kubernetes.io/metadata.name", operator: "DoesNotExist" }] };
const PODS = {
  name: "inject.example",
  rules: [{ apiGroups: [""], apiVersions: ["v1"], operations: ["CREATE", "UPDATE"], resources: ["pods"] }],
  namespaceSelector: SELECTOR,
};
const OTHER = { name: "defaults.example", rules: [{ apiGroups: ["apps"], resources: ["*"], operations: ["*"] }] };

function registration(webhooks: readonly JsonObject[], metadata: JsonObject = { name: "other" }): JsonObject {
  return { metadata, webhooks };
}

test("only the entries that inject are switched off", () => {
  expect(takenOver(registration([OTHER, PODS]))).toMatchObject({
    webhooks: [OTHER, { ...PODS, namespaceSelector: NOWHERE }],
  });
});

test("nothing is to be done where nothing injects, or is switched off already", () => {
  expect(takenOver(registration([OTHER]))).toBeUndefined();
  expect(takenOver(takenOver(registration([PODS])) ?? {})).toBeUndefined();
});

test("giving back restores the object, with the annotations that it had", () => {
  for (const metadata of [{ name: "other" }, { name: "other", annotations: { team: "mesh" } }]) {
    const before = registration([PODS, OTHER], metadata);
    expect(givenBack(takenOver(before) ?? {})).toEqual(before);
  }
});

test("what was taken over in two steps is given back whole", () => {
  const second = { ...PODS, name: "second.example" };
  const once = takenOver(registration([PODS])) ?? {};
  const twice = takenOver({ ...once, webhooks: [...(once.webhooks as JsonObject[]), second] }) ?? {};
  expect(givenBack(twice)).toEqual(registration([PODS, second]));
});

describe("giving back leaves", () => {
  test("a registration that was not taken over", () => {
    expect(givenBack(registration([PODS]))).toBeUndefined();
  });

  test("an entry whose owner has changed it since", () => {
    const taken = takenOver(registration([PODS])) ?? {};
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
