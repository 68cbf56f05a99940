import { CONTROL_PLANE_NAMESPACE, WORKLOAD_AUTHORITY_SECRET } from "../model/names.ts";
import { type SharedAuthority, type SharedAuthorityParts, sharedAuthority } from "./shared-authority.ts";

/** Where the authority is kept that signs certificates of nodes. */
const WORKLOAD_AUTHORITY = { namespace: CONTROL_PLANE_NAMESPACE, name: WORKLOAD_AUTHORITY_SECRET } as const;

/** A day: they are renewed while their proxies run, and nobody can take one back. */
const LEAF_MS = 86_400_000;

/**
 * A control plane's share of the authority that signs certificates of nodes. It is none by which proxies know the control plane: a node names
 * its own host. Every client gets its whole bundle over its stream, so that a new root needs nobody's help.
 */
export function workloadAuthority(
  parts: Pick<SharedAuthorityParts, "client" | "log" | "policy" | "now">,
  signal: AbortSignal,
): SharedAuthority {
  return sharedAuthority(
    {
      ...parts,
      policy: { ...parts.policy, leafLifetime: LEAF_MS },
      fieldManager: "outrigger-control-plane",
      secret: WORKLOAD_AUTHORITY,
      commonName: "Outrigger workload authority",
      // nobody shows it: this process has no name of its own there
      leaf: { dnsNames: ["control-plane.invalid"] },
      place: undefined,
    },
    signal,
  );
}
