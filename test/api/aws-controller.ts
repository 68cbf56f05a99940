import type { JsonObject } from "../../src/model/json.ts";

const LABEL = "appmesh.k8s.aws/sidecarInjectorWebhook";

/**
 * The registration that the AWS App Mesh controller's chart leaves when the controller is gone: its Service does not exist. Beside
 * the entry for pods it has entries for App Mesh's own objects.
 */
export const AWS_CONTROLLER: JsonObject = {
  apiVersion: "admissionregistration.k8s.io/v1",
  kind: "MutatingWebhookConfiguration",
  metadata: { name: "appmesh-controller-webhook", annotations: { "meta.helm.sh/release-name": "appmesh-controller" } },
  webhooks: [
    entry("mpod.appmesh.k8s.aws", "/mutate-v1-pod", "", "v1", "pods", [
      { key: LABEL, operator: "In", values: ["enabled", "disabled"] },
    ]),
    entry("mmesh.appmesh.k8s.aws", "/mutate-mesh", "appmesh.k8s.aws", "v1beta2", "meshes", []),
  ],
};

function entry(
  name: string,
  path: string,
  group: string,
  version: string,
  resource: string,
  matchExpressions: readonly JsonObject[],
): JsonObject {
  return {
    name,
    admissionReviewVersions: ["v1beta1"],
    clientConfig: {
      service: { namespace: "appmesh-system", name: "appmesh-controller-webhook-service", path, port: 443 },
    },
    rules: [{ apiGroups: [group], apiVersions: [version], operations: ["CREATE"], resources: [resource], scope: "*" }],
    namespaceSelector: matchExpressions.length > 0 ? { matchExpressions } : {},
    objectSelector: {},
    failurePolicy: "Fail",
    sideEffects: "None",
    matchPolicy: "Equivalent",
    reinvocationPolicy: "Never",
    timeoutSeconds: 10,
  };
}
