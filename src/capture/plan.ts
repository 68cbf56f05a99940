import type { PortRange } from "../inject/decision.ts";
import type { AddressBlock, Family } from "./address-block.ts";
import { inGroups } from "./port-ranges.ts";
import type { CaptureSettings } from "./settings.ts";

/** App Mesh's names, which other programs and people look for. Chains of these names are ours, all others are not. */
export const CHAINS = ["APPMESH_INGRESS", "APPMESH_EGRESS"] as const;
export type ChainName = (typeof CHAINS)[number];

/** The chains of the kernel's nat table. */
export const BUILT_IN = ["PREROUTING", "INPUT", "OUTPUT", "POSTROUTING"] as const;

export type Match =
  | { readonly kind: "uid"; readonly id: number }
  | { readonly kind: "gid"; readonly id: number }
  | { readonly kind: "ports"; readonly ports: readonly PortRange[] }
  | { readonly kind: "address"; readonly block: AddressBlock }
  | { readonly kind: "every-connection" };

export interface Rule {
  readonly match: Match;
  /** Leave the packet alone, or send it to this port of the pod. */
  readonly action: "return" | { readonly redirectTo: number };
}

export interface Chain {
  readonly name: ChainName;
  readonly rules: readonly Rule[];
}

/** What the nat table of one family shall hold of ours. No chain and no way in: nothing at all. */
export interface FamilyPlan {
  readonly family: Family;
  readonly chains: readonly Chain[];
  /** Chains that a built-in one leads to: ingress from PREROUTING, egress from OUTPUT. */
  readonly entered: readonly ChainName[];
}

/** The rules of App Mesh's program, in its order (ingress first), for each family that is to be captured. */
export function planOf(settings: CaptureSettings): readonly FamilyPlan[] {
  const families: readonly Family[] = settings.ipv6 ? ["ipv4", "ipv6"] : ["ipv4"];
  return families.map((family) => {
    const chains = [...ingress(settings), egress(settings, family)];
    return settings.enabled
      ? { family, chains, entered: chains.map(({ name }) => name) }
      : { family, chains: chains.map(({ name }) => ({ name, rules: [] })), entered: [] };
  });
}

/** Nothing of ours is left. */
export function emptyPlan(family: Family): FamilyPlan {
  return { family, chains: [], entered: [] };
}

function ingress({ appPorts, ingressPort }: CaptureSettings): readonly Chain[] {
  if (appPorts.length === 0 || ingressPort === undefined) return [];
  const rules = inGroups(appPorts).map(
    (ports): Rule => ({ match: { kind: "ports", ports }, action: { redirectTo: ingressPort } }),
  );
  return [{ name: "APPMESH_INGRESS", rules }];
}

function egress(settings: CaptureSettings, family: Family): Chain {
  const { ignoredUid, ignoredGid, ignoredPorts, ignoredAddresses, egressPort } = settings;
  const exempt: Match[] = [
    ...(ignoredUid === undefined ? [] : [{ kind: "uid", id: ignoredUid } as const]),
    ...(ignoredGid === undefined ? [] : [{ kind: "gid", id: ignoredGid } as const]),
    ...inGroups(ignoredPorts).map((ports) => ({ kind: "ports", ports }) as const),
    ...ignoredAddresses
      .filter((block) => block.family === family)
      .map((block) => ({ kind: "address", block }) as const),
  ];
  return {
    name: "APPMESH_EGRESS",
    rules: [
      ...exempt.map((match): Rule => ({ match, action: "return" })),
      { match: { kind: "every-connection" }, action: { redirectTo: egressPort } },
    ],
  };
}
