import type { JsonObject } from "../../model/json.ts";
import { INJECTOR_NAME, INJECTOR_NAMESPACE } from "../../model/names.ts";
import { ownershipLabels } from "./ownership.ts";

/** Secret in which cert-manager keeps the webhook's certificate and key. */
export const CERT_MANAGER_SECRET = `${INJECTOR_NAME}-certificate`;
/** Secret with the authority that cert-manager signs it with; its Issuer and Certificate have the same name. */
export const CERT_MANAGER_ROOT = `${INJECTOR_NAME}-root`;
/** Has cert-manager's CA injector fill in `caBundle` (https://cert-manager.io/docs/concepts/ca-injector/). */
export const INJECTED_AUTHORITY: Readonly<Record<string, string>> = {
  "cert-manager.io/inject-ca-from": `${INJECTOR_NAMESPACE}/${CERT_MANAGER_SECRET}`,
};

const API_VERSION = "cert-manager.io/v1";
const ISSUER = `${INJECTOR_NAME}-issuer`;
const KEY = { algorithm: "ECDSA", size: 256, rotationPolicy: "Always" } as const;
const YEARS_10 = "87600h";
const DAYS_7 = "168h";

/**
 * An authority of ours in cert-manager's hands, and the webhook's certificate by it. An authority and not a self-signed
 * certificate, so that a renewed certificate is trusted before the registration has heard of it.
 */
export function certManagerObjects(): readonly JsonObject[] {
  return [
    object("Issuer", CERT_MANAGER_ROOT, { selfSigned: {} }),
    object("Certificate", CERT_MANAGER_ROOT, {
      isCA: true,
      commonName: CERT_MANAGER_ROOT,
      secretName: CERT_MANAGER_ROOT,
      duration: YEARS_10,
      privateKey: { ...KEY, rotationPolicy: "Never" },
      issuerRef: { kind: "Issuer", name: CERT_MANAGER_ROOT },
    }),
    object("Issuer", ISSUER, { ca: { secretName: CERT_MANAGER_ROOT } }),
    object("Certificate", CERT_MANAGER_SECRET, {
      secretName: CERT_MANAGER_SECRET,
      duration: DAYS_7,
      dnsNames: [
        `${INJECTOR_NAME}.${INJECTOR_NAMESPACE}.svc`,
        `${INJECTOR_NAME}.${INJECTOR_NAMESPACE}.svc.cluster.local`,
      ],
      privateKey: KEY,
      usages: ["digital signature", "server auth"],
      issuerRef: { kind: "Issuer", name: ISSUER },
    }),
  ];
}

function object(kind: "Issuer" | "Certificate", name: string, spec: JsonObject): JsonObject {
  const metadata = { name, namespace: INJECTOR_NAMESPACE, labels: ownershipLabels("injector") };
  return { apiVersion: API_VERSION, kind, metadata, spec };
}
