import { INJECTOR_AUTHORITY_SECRET, INJECTOR_NAME, INJECTOR_NAMESPACE } from "../model/names.ts";
import { registrationBundle, registrationReference } from "./registration-bundle.ts";
import { type SharedAuthority, type SharedAuthorityParts, sharedAuthority } from "./shared-authority.ts";

/** Where the webhook's authority is kept. */
export const WEBHOOK_AUTHORITY = { namespace: INJECTOR_NAMESPACE, name: INJECTOR_AUTHORITY_SECRET } as const;
/** Begins the names of its roots. */
export const WEBHOOK_COMMON_NAME = "Outrigger webhook authority";

/** API servers call the Service by the first name; the others are for people and for a webhook that runs outside the cluster. */
const DNS_NAMES = [
  `${INJECTOR_NAME}.${INJECTOR_NAMESPACE}.svc`,
  `${INJECTOR_NAME}.${INJECTOR_NAMESPACE}.svc.cluster.local`,
  "localhost",
];
const IP_ADDRESSES = ["127.0.0.1", "::1"];

/** An injector's share of the webhook's authority, and its certificate; keeps the registration's `caBundle`. */
export function webhookAuthority(
  parts: Pick<SharedAuthorityParts, "client" | "log" | "policy" | "now">,
  signal: AbortSignal,
): SharedAuthority {
  return sharedAuthority(
    {
      ...parts,
      fieldManager: "outrigger-injector",
      secret: WEBHOOK_AUTHORITY,
      commonName: WEBHOOK_COMMON_NAME,
      leaf: { dnsNames: DNS_NAMES, ipAddresses: IP_ADDRESSES },
      place: (writer) => registrationBundle(writer, registrationReference(INJECTOR_NAME)),
    },
    signal,
  );
}
