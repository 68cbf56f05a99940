import { expect, test } from "vitest";
import { POD_RULES } from "../../inject/rules/pod-rules.ts";
import { INJECTOR_SERVICE, type RegistrationOptions, registration } from "./registration.ts";

const OPTIONS = { service: INJECTOR_SERVICE, caBundle: "-----BEGIN CERTIFICATE-----\n" } satisfies RegistrationOptions;

interface Entry {
  readonly name: string;
  readonly clientConfig: Readonly<Record<string, unknown>>;
  readonly namespaceSelector: { readonly matchExpressions: readonly Readonly<Record<string, unknown>>[] };
  readonly matchConditions: readonly { readonly name: string; readonly expression: string }[];
  readonly failurePolicy: string;
}

function entries(options: RegistrationOptions = OPTIONS): readonly Entry[] {
  return registration(options)["webhooks"] as unknown as readonly Entry[];
}

test("it has the name that the clean-up of the walkthrough deletes", () => {
  expect(registration(OPTIONS)).toMatchObject({
    apiVersion: "admissionregistration.k8s.io/v1",
    kind: "MutatingWebhookConfiguration",
    metadata: { name: "aws-app-mesh-inject" },
  });
});

test("enabled and disabled namespaces have an entry each, excluded ones none", () => {
  const selectors = entries().map(({ name, namespaceSelector }) => [name, namespaceSelector.matchExpressions]);
  const excluded = {
    key: "kubernetes.io/metadata.name",
    operator: "NotIn",
    values: ["kube-system", "appmesh-inject", "appmesh-system"],
  };
  const label = "appmesh.k8s.aws/sidecarInjectorWebhook";
  expect(selectors).toEqual([
    ["pods.inject.outrigger.dev", [{ key: label, operator: "In", values: ["enabled"] }, excluded]],
    ["optin.pods.inject.outrigger.dev", [{ key: label, operator: "In", values: ["disabled"] }, excluded]],
  ]);
});

test("further namespaces are excluded besides the cluster's own and ours, each once", () => {
  for (const { namespaceSelector } of entries({ ...OPTIONS, excludedNamespaces: ["vault", "kube-system"] })) {
    expect(namespaceSelector.matchExpressions[1]).toMatchObject({
      values: ["kube-system", "appmesh-inject", "appmesh-system", "vault"],
    });
  }
});

test("only the creation of pods is registered, without side effects, briefly and repeatably", () => {
  for (const entry of entries()) {
    expect(entry).toMatchObject({
      rules: [
        { apiGroups: [""], apiVersions: ["v1"], operations: ["CREATE"], resources: ["pods"], scope: "Namespaced" },
      ],
      sideEffects: "None",
      timeoutSeconds: 5,
      reinvocationPolicy: "IfNeeded",
      admissionReviewVersions: ["v1", "v1beta1"],
      matchPolicy: "Equivalent",
    });
  }
});

test("the match conditions are the negated rules that the pod alone decides, each by its name", () => {
  for (const { matchConditions } of entries()) {
    expect(matchConditions.map(({ name }) => name)).toEqual(["host-network", "mirror-pod", "opted-out", "windows"]);
    expect(matchConditions.map(({ expression }) => expression)).toEqual(POD_RULES.map(({ cel }) => `!(${cel})`));
  }
});

test("pods are not blocked while the webhook is away, unless that is asked for", () => {
  expect(entries().map((entry) => entry.failurePolicy)).toEqual(["Ignore", "Ignore"]);
  expect(entries({ ...OPTIONS, failurePolicy: "Fail" }).map((entry) => entry.failurePolicy)).toEqual(["Fail", "Fail"]);
});

test("the service is called on the path of the pods, with the authority as base64", () => {
  expect(entries()[0]?.clientConfig).toEqual({
    service: { name: "aws-app-mesh-inject", namespace: "appmesh-inject", path: "/mutate-v1-pod", port: 443 },
    caBundle: "LS0tLS1CRUdJTiBDRVJUSUZJQ0FURS0tLS0tCg==",
  });
});

test("a URL takes the service's place as it stands, and without an authority none is named", () => {
  expect(entries({ url: "https://127.0.0.1:8443/" })[0]?.clientConfig).toEqual({ url: "https://127.0.0.1:8443/" });
});
