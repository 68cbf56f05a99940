import { POD_RULES } from "../../inject/rules/pod-rules.ts";
import type { JsonObject } from "../../model/json.ts";
import {
  EXCLUDED_NAMESPACES,
  INJECT_KEY,
  INJECTOR_NAME,
  INJECTOR_NAMESPACE,
  POD_ENTRY_SUFFIX,
} from "../../model/names.ts";

/** What the API server calls: the Service in the cluster, or a URL as it stands, such as `https://127.0.0.1:8443/`. */
export type RegistrationTarget =
  | { readonly service: { readonly namespace: string; readonly name: string; readonly port: number } }
  | { readonly url: string };

export type RegistrationOptions = RegistrationTarget & {
  /** PEM of the authority that signed the webhook's certificate; absent: one that the API server trusts anyway. */
  readonly caBundle?: string;
  /** What happens to pods while the webhook cannot be reached: created without sidecar (default), or refused. */
  readonly failurePolicy?: "Ignore" | "Fail";
  /**
   * Further namespaces of which the webhook is never told, besides the cluster's and our own: a webhook that is broken must
   * not block what it needs itself.
   */
  readonly excludedNamespaces?: readonly string[];
  /** By default 5: an answer takes a millisecond, so this leaves room for one look-up that waits, and blocks nobody for long. */
  readonly timeoutSeconds?: number;
};

/** The Service of an installation. */
export const INJECTOR_SERVICE = { namespace: INJECTOR_NAMESPACE, name: INJECTOR_NAME, port: 443 } as const;

/** A namespace's mode by its label; each is an entry of its own, so that each can be told apart in metrics and audit. */
const ENTRIES = [
  { name: `pods${POD_ENTRY_SUFFIX}`, mode: "enabled" },
  { name: `optin.pods${POD_ENTRY_SUFFIX}`, mode: "disabled" },
] as const;

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
  const excludedNamespaces = [...new Set([...EXCLUDED_NAMESPACES, ...(options.excludedNamespaces ?? [])])];
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
          { key: NAMESPACE_NAME_LABEL, operator: "NotIn", values: excludedNamespaces },
        ],
      },
      matchConditions: POD_RULES.map((rule) => ({ name: rule.name, expression: `!(${rule.cel})` })),
      matchPolicy: "Equivalent",
      sideEffects: "None",
      reinvocationPolicy: "IfNeeded",
      failurePolicy: options.failurePolicy ?? "Ignore",
      timeoutSeconds: options.timeoutSeconds ?? TIMEOUT_SECONDS,
    })),
  };
}

function clientConfig(options: RegistrationOptions): JsonObject {
  const { caBundle } = options;
  return {
    ...("url" in options ? { url: options.url } : { service: { ...options.service, path: PATH } }),
    ...(caBundle !== undefined && { caBundle: Buffer.from(caBundle).toString("base64") }),
  };
}
