import { describe, expect, test } from "vitest";
import type { JsonObject } from "../../model/json.ts";
import { INJECTOR_SERVICE, registration } from "../objects/registration.ts";
import { otherInjectors } from "./other-injectors.ts";

const LABEL = "appmesh.k8s.aws/sidecarInjectorWebhook";
const PODS = { apiGroups: [""], apiVersions: ["v1"], operations: ["CREATE"], resources: ["pods"] };

function configuration(webhook: JsonObject, name = "other"): JsonObject {
  return { metadata: { name }, webhooks: [webhook] };
}

test.each([
  ["mpod.appmesh.k8s.aws", "the AWS App Mesh controller"],
  ["appmesh-inject.aws.amazon.com", "the App Mesh injector of 2019"],
  ["aws-app-mesh-inject.aws.amazon.com", "the App Mesh injector of 2019"],
  ["inject.example.com", "another program"],
])("an entry %s is the %s's", (name, program) => {
  const namespaceSelector = { matchLabels: { [LABEL]: "enabled" } };
  const found = otherInjectors([configuration({ name, rules: [PODS], namespaceSelector })]);
  expect(found).toEqual([{ registration: "other", webhooks: [name], program }]);
});

describe("injects:", () => {
  test.each([
    ["a label that equals enabled", { matchLabels: { [LABEL]: "enabled" } }, PODS],
    ["one of several words", { matchExpressions: [{ key: LABEL, operator: "In", values: ["x", "disabled"] }] }, PODS],
    ["whatever has the label", { matchExpressions: [{ key: LABEL, operator: "Exists" }] }, PODS],
    ["whatever is not disabled", { matchExpressions: [{ key: LABEL, operator: "NotIn", values: ["disabled"] }] }, PODS],
    [
      "rules with wildcards",
      { matchLabels: { [LABEL]: "enabled" } },
      {
        apiGroups: ["*"],
        operations: ["*"],
        resources: ["*"],
      },
    ],
  ])("%s", (_title, namespaceSelector, rule) => {
    expect(otherInjectors([configuration({ name: "x", rules: [rule], namespaceSelector })])).toHaveLength(1);
  });
});

describe("does not inject:", () => {
  test.each([
    ["no selector: it is called for all pods, and is no mesh's", undefined, PODS],
    ["another label", { matchLabels: { "istio-injection": "enabled" } }, PODS],
    ["another word", { matchLabels: { [LABEL]: "never" } }, PODS],
    ["whatever lacks the label", { matchExpressions: [{ key: LABEL, operator: "DoesNotExist" }] }, PODS],
    ["other objects", { matchLabels: { [LABEL]: "enabled" } }, { ...PODS, resources: ["services"] }],
    ["pods of another API", { matchLabels: { [LABEL]: "enabled" } }, { ...PODS, apiGroups: ["metrics.k8s.io"] }],
    ["only deletion", { matchLabels: { [LABEL]: "enabled" } }, { ...PODS, operations: ["DELETE"] }],
  ])("%s", (_title, namespaceSelector, rule) => {
    const webhook = { name: "x", rules: [rule], ...(namespaceSelector && { namespaceSelector }) };
    expect(otherInjectors([configuration(webhook)])).toEqual([]);
  });

  test("our own registration, nor an object without entries", () => {
    const own = registration({ service: INJECTOR_SERVICE });
    expect(otherInjectors([own, { metadata: { name: "empty" } }])).toEqual([]);
  });
});

test("our entries under another name are another installation's", () => {
  const own = registration({ service: INJECTOR_SERVICE });
  const [found] = otherInjectors([{ ...own, metadata: { name: "second" } }]);
  expect(found?.webhooks).toEqual(["pods.inject.outrigger.dev", "optin.pods.inject.outrigger.dev"]);
});
