import { POD_RULES } from "../inject/pod-rules.ts";
import type { JsonObject } from "../model/json.ts";
import { INJECT_KEY, INJECTOR_NAME, INJECTOR_NAMESPACE } from "../model/names.ts";

/** What the API server calls. */
export type RegistrationTarget =
  | { readonly kind: "service" }
  /** For a webhook outside the cluster, such as `https://127.0.0.1:8443`; without a path. */
  | { readonly kind: "url"; readonly url: string };

export interface RegistrationOptions {
  readonly target: RegistrationTarget;
  /** PEM of the authority that signed the webhook's certificate; undefined: one that the API server trusts anyway. */
  readonly authority: string | undefined;
  /** What happens to pods while the webhook cannot be reached: created without sidecar, or refused. */
  readonly failurePolicy: "Ignore" | "Fail";
  /** Namespaces of which the webhook is never told; keeps a broken webhook from blocking what it needs itself. */
  readonly excludedNamespaces: readonly string[];
}

/** A namespace's mode by its label; each is an entry of its own, so that each can be told apart in metrics and audit. */
const ENTRIES = [
  { name: "pods.inject.outrigger.dev", mode: "enabled" },
  { name: "optin.pods.inject.outrigger.dev", mode: "disabled" },
] as const;

/** An answer takes a millisecond; five seconds leave room for one look-up that waits, and block nobody for long. */
const TIMEOUT_SECONDS = 5;
const PATH = "/mutate-v1-pod";
/** Every namespace carries its own name as this label, which nobody can change. */
const NAMESPACE_NAME_LABEL = "kubernetes.io/metadata.name";

/**
 * The MutatingWebhookConfiguration `aws-app-mesh-inject`
 * (https://kubernetes.io/docs/reference/access-authn-authz/extensible-admission-controllers/). Pods that the pod alone shows to
 * be skipped are kept away by match conditions made of the same rules; "already injected" is none of them, because a
 * reinvocation must see what later webhooks added.
 */
export function registration(options: RegistrationOptions): JsonObject {
  return {
    apiVersion: "admissionregistration.k8s.io/v1",
    kind: "MutatingWebhookConfiguration",
    metadata: { name: INJECTOR_NAME, labels: { "app.kubernetes.io/name": INJECTOR_NAME } },
    webhooks: ENTRIES.map(({ name, mode }) => ({
      name,
      admissionReviewVersions: ["v1", "v1beta1"],
      clientConfig: clientConfig(options),
      rules: [
        { apiGroups: [""], apiVersions: ["v1"], operations: ["CREATE"], resources: ["pods"], scope: "Namespaced" },
      ],
      namespaceSelector: {
        matchExpressions: [
          { key: INJECT_KEY, operator: "In", values: [mode] },
          ...(options.excludedNamespaces.length > 0
            ? [{ key: NAMESPACE_NAME_LABEL, operator: "NotIn", values: options.excludedNamespaces }]
            : []),
        ],
      },
      matchConditions: POD_RULES.map((rule) => ({ name: rule.name, expression: `!(${rule.cel})` })),
      matchPolicy: "Equivalent",
      sideEffects: "None",
      reinvocationPolicy: "IfNeeded",
      failurePolicy: options.failurePolicy,
      timeoutSeconds: TIMEOUT_SECONDS,
    })),
  };
}

function clientConfig({ target, authority }: RegistrationOptions): JsonObject {
  const caBundle = authority === undefined ? {} : { caBundle: Buffer.from(authority).toString("base64") };
  if (target.kind === "url") return { url: `${target.url.replace(/\/$/, "")}${PATH}`, ...caBundle };
  return { service: { name: INJECTOR_NAME, namespace: INJECTOR_NAMESPACE, path: PATH, port: 443 }, ...caBundle };
}
