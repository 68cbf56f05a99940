import type { JsonObject } from "../../model/json.ts";
import { APPMESH_GROUP, APPMESH_VERSION, KIND_FACTS, KINDS, type Kind } from "../../model/kinds.ts";
import { CONTROL_PLANE_NAMESPACE, OBJECT_ENTRY_SUFFIX, OBJECT_WEBHOOK_NAME } from "../../model/names.ts";
import { ownershipLabels } from "./ownership.ts";
import type { RegistrationTarget } from "./registration.ts";

/** Kinds of registrations, which no other object of ours is. */
export const REGISTRATION_KINDS = ["MutatingWebhookConfiguration", "ValidatingWebhookConfiguration"] as const;

/** Whether an object has the API server call somebody: such an object is applied last and removed first. */
export function isRegistration({ kind }: JsonObject): boolean {
  return REGISTRATION_KINDS.some((known) => known === kind);
}

/** Port of the Service, and of the control plane's pods. */
export const OBJECT_WEBHOOK_PORT = { name: "webhook", service: 443, pod: 8443 } as const;

/** The Service of an installation. */
const SERVICE: RegistrationTarget = {
  service: { namespace: CONTROL_PLANE_NAMESPACE, name: OBJECT_WEBHOOK_NAME, port: OBJECT_WEBHOOK_PORT.service },
};

/** An answer takes a millisecond, or some more where the API server is asked; nobody's `kubectl apply` waits longer for a webhook that is away. */
const TIMEOUT_SECONDS = 2;

/** Kinds whose deletion App Mesh held up until others were gone. */
const GUARDED: readonly Kind[] = ["Mesh", "VirtualGateway"];

/**
 * The registrations `outrigger`, an entry for each kind. Nothing waits for them: where the webhook is away an object goes through, and its
 * problems say what would have been said. Without an authority, which the control plane puts there.
 */
export function objectRegistrations(target: RegistrationTarget = SERVICE): readonly JsonObject[] {
  return [
    registration("MutatingWebhookConfiguration", (kind) => ({
      clientConfig: clientConfig(target, "/mutate-app-mesh"),
      rules: [rule(kind, ["CREATE", "UPDATE"])],
      // one that another webhook changed afterwards gets its fields all the same
      reinvocationPolicy: "IfNeeded",
    })),
    registration("ValidatingWebhookConfiguration", (kind) => ({
      clientConfig: clientConfig(target, "/validate-app-mesh"),
      rules: [rule(kind, GUARDED.includes(kind) ? ["CREATE", "UPDATE", "DELETE"] : ["CREATE", "UPDATE"])],
    })),
  ];
}

function registration(registered: (typeof REGISTRATION_KINDS)[number], entry: (kind: Kind) => JsonObject): JsonObject {
  return {
    apiVersion: "admissionregistration.k8s.io/v1",
    kind: registered,
    metadata: { name: OBJECT_WEBHOOK_NAME, labels: ownershipLabels("control-plane") },
    webhooks: KINDS.map((kind) => ({
      name: `${kind.toLowerCase()}${OBJECT_ENTRY_SUFFIX}`,
      admissionReviewVersions: ["v1", "v1beta1"],
      ...entry(kind),
      matchPolicy: "Equivalent",
      sideEffects: "None",
      failurePolicy: "Ignore",
      timeoutSeconds: TIMEOUT_SECONDS,
    })),
  };
}

function rule(kind: Kind, operations: readonly string[]): JsonObject {
  const { plural, scope } = KIND_FACTS[kind];
  return { apiGroups: [APPMESH_GROUP], apiVersions: [APPMESH_VERSION], operations, resources: [plural], scope };
}

function clientConfig(target: RegistrationTarget, path: string): JsonObject {
  if ("service" in target) return { service: { ...target.service, path } };
  return { url: `${target.url.replace(/\/$/, "")}${path}` };
}
