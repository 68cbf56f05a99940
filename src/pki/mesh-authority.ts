import { CONTROL_PLANE_NAMESPACE, MESH_AUTHORITY_SECRET, OBJECT_WEBHOOK_NAME } from "../model/names.ts";
import { TRUST } from "../model/trust.ts";
import { type Follow, followObjects } from "./follow-object.ts";
import { publishTrust } from "./publish-trust.ts";
import { registrationBundle, registrationReference } from "./registration-bundle.ts";
import { type SharedAuthority, type SharedAuthorityParts, sharedAuthority } from "./shared-authority.ts";
import { trustConfigMap } from "./trust-config-map.ts";

/** Where the mesh's authority is kept. */
export const MESH_AUTHORITY = { namespace: CONTROL_PLANE_NAMESPACE, name: MESH_AUTHORITY_SECRET } as const;
/** Begins the names of its roots. */
export const MESH_COMMON_NAME = "Outrigger mesh authority";

/** Names of the control plane's Service: proxies call it by the first one, others as their resolver's search path allows. */
const SERVICE = "outrigger";
const DNS_NAMES = [
  `${SERVICE}.${CONTROL_PLANE_NAMESPACE}.svc`,
  `${SERVICE}.${CONTROL_PLANE_NAMESPACE}.svc.cluster.local`,
  `${SERVICE}.${CONTROL_PLANE_NAMESPACE}`,
  SERVICE,
];

type Parts = Pick<SharedAuthorityParts, "client" | "log">;

/**
 * A control plane's share of the mesh's authority, and its certificate; every replica has one. A new root signs only after
 * `outrigger trust rotate` found it in every running proxy.
 */
export function meshAuthority(
  parts: Parts & Pick<SharedAuthorityParts, "policy" | "now">,
  signal: AbortSignal,
): SharedAuthority {
  return sharedAuthority(
    {
      ...parts,
      fieldManager: "outrigger-control-plane",
      secret: MESH_AUTHORITY,
      commonName: MESH_COMMON_NAME,
      leaf: { dnsNames: DNS_NAMES },
      place: undefined,
    },
    signal,
  );
}

/**
 * Keeps the public part of the mesh's authority in the ConfigMap `outrigger-trust` until the signal; the leader runs it. `follow` says
 * when one of the two has changed, for a process that watches them already.
 */
export function publishMeshTrust(parts: Parts & { readonly follow?: Follow }, signal: AbortSignal): Promise<void> {
  const place: Parameters<typeof publishTrust>[0]["place"] = (writer) => trustConfigMap(writer, TRUST);
  return publishTrust({ ...parts, fieldManager: "outrigger-control-plane", secret: MESH_AUTHORITY, place }, signal);
}

/** The registrations of the webhook for App Mesh objects: the control plane answers it with the certificate that sidecars know. */
export const OBJECT_REGISTRATIONS = [
  registrationReference(OBJECT_WEBHOOK_NAME, "MutatingWebhookConfiguration"),
  registrationReference(OBJECT_WEBHOOK_NAME, "ValidatingWebhookConfiguration"),
] as const;

/** The same in those registrations; `follow` says when the authority has changed, each registration is watched by its name. */
export async function publishToRegistrations(
  parts: Parts & { readonly follow: Follow },
  signal: AbortSignal,
): Promise<void> {
  const common = { ...parts, fieldManager: "outrigger-control-plane", secret: MESH_AUTHORITY } as const;
  await Promise.all(
    OBJECT_REGISTRATIONS.map((reference) => {
      const watched = followObjects(parts.client, [reference]);
      const follow: Follow = async (changed, until) => {
        await Promise.all([parts.follow(changed, until), watched(changed, until)]);
      };
      return publishTrust({ ...common, follow, place: (writer) => registrationBundle(writer, reference) }, signal);
    }),
  );
}
