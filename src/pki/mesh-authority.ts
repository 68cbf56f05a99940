import { CONTROL_PLANE_NAMESPACE, MESH_AUTHORITY_SECRET } from "../model/names.ts";
import { TRUST } from "../model/trust.ts";
import type { Follow } from "./follow-object.ts";
import { publishTrust } from "./publish-trust.ts";
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
