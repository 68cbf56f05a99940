import type { TrustFacts } from "./facts.ts";
import { type JsonObject, member, stringOf } from "./json.ts";
import { CONTROL_PLANE_NAMESPACE, TRUST_CONFIG_MAP } from "./names.ts";

/** The ConfigMap with the public part of the mesh's authority. */
export const TRUST = { namespace: CONTROL_PLANE_NAMESPACE, name: TRUST_CONFIG_MAP, key: "trust.pem" } as const;

/** What injection is told when the ConfigMap, or its certificate, is not there. */
export const MISSING_TRUST: TrustFacts = {
  kind: "missing",
  lookedFor: `key ${TRUST.key} of ConfigMap ${TRUST.name} in namespace ${TRUST.namespace}`,
};

/** The trust in the ConfigMap; undefined when there is no PEM certificate in it. */
export function trustPem(object: JsonObject): string | undefined {
  const text = stringOf(member(member(object, "data"), TRUST.key)) ?? "";
  return isTrust(text) ? text : undefined;
}

/** Whether text holds at least one PEM certificate. */
export function isTrust(text: string): boolean {
  return /-----BEGIN CERTIFICATE-----[\s\S]+-----END CERTIFICATE-----/.test(text);
}
