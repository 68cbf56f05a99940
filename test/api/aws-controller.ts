import type { JsonObject } from "../../src/model/json.ts";
import { APPMESH_GROUP, APPMESH_VERSION, KIND_FACTS, KINDS } from "../../src/model/kinds.ts";

const LABEL = "appmesh.k8s.aws/sidecarInjectorWebhook";
/** What Helm writes on everything that a chart's templates make. */
const OF_HELM = {
  labels: { "app.kubernetes.io/managed-by": "Helm" },
  annotations: {
    "meta.helm.sh/release-name": "appmesh-controller",
    "meta.helm.sh/release-namespace": "appmesh-system",
  },
};

/**
 * The registration that the AWS App Mesh controller's chart leaves when the controller is gone: its Service does not exist. Beside
 * the entry for pods it has one for each kind of App Mesh's objects.
 */
export const AWS_CONTROLLER: JsonObject = {
  apiVersion: "admissionregistration.k8s.io/v1",
  kind: "MutatingWebhookConfiguration",
  metadata: { name: "appmesh-controller-webhook", ...OF_HELM },
  webhooks: [
    {
      ...entry("mpod.appmesh.k8s.aws", "/mutate-v1-pod", "", "v1", "pods", ["CREATE"]),
      namespaceSelector: { matchExpressions: [{ key: LABEL, operator: "In", values: ["enabled", "disabled"] }] },
    },
    ...objectEntries("m", "mutate"),
  ],
};

/** Its other registration, which refuses what is not valid, and everything when nobody answers. */
export const AWS_VALIDATION: JsonObject = {
  apiVersion: "admissionregistration.k8s.io/v1",
  kind: "ValidatingWebhookConfiguration",
  metadata: { name: "appmesh-controller-webhook", ...OF_HELM },
  webhooks: objectEntries("v", "validate"),
};

/** The Deployment that its chart makes, as far as it is looked at. */
export const AWS_DEPLOYMENT: JsonObject = awsDeployment(
  "840364872350.dkr.ecr.us-west-2.amazonaws.com/amazon/appmesh-controller:v1.13.3",
  2,
);

export function awsDeployment(image: string, replicas: number): JsonObject {
  const labels = { "app.kubernetes.io/name": "appmesh-controller" };
  return {
    apiVersion: "apps/v1",
    kind: "Deployment",
    metadata: { name: "appmesh-controller", namespace: "appmesh-system", annotations: OF_HELM.annotations },
    spec: {
      replicas,
      selector: { matchLabels: labels },
      template: { metadata: { labels }, spec: { containers: [{ name: "controller", image }] } },
    },
  };
}

function objectEntries(letter: string, verb: string): JsonObject[] {
  return KINDS.map((kind) => {
    const word = kind.toLowerCase();
    const path = `/${verb}-appmesh-k8s-aws-v1beta2-${word}`;
    const { plural } = KIND_FACTS[kind];
    return entry(`${letter}${word}.appmesh.k8s.aws`, path, APPMESH_GROUP, APPMESH_VERSION, plural, [
      "CREATE",
      "UPDATE",
    ]);
  });
}

function entry(
  name: string,
  path: string,
  group: string,
  version: string,
  resource: string,
  operations: readonly string[],
): JsonObject {
  return {
    name,
    admissionReviewVersions: ["v1beta1"],
    clientConfig: {
      service: { namespace: "appmesh-system", name: "appmesh-controller-webhook-service", path, port: 443 },
    },
    rules: [{ apiGroups: [group], apiVersions: [version], operations, resources: [resource], scope: "*" }],
    namespaceSelector: {},
    objectSelector: {},
    failurePolicy: "Fail",
    sideEffects: "None",
    matchPolicy: "Equivalent",
    ...(name.startsWith("m") && { reinvocationPolicy: "Never" }),
    timeoutSeconds: 10,
  };
}
