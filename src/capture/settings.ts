import type { PortRange } from "../inject/decision.ts";
import type { AddressBlock } from "./address-block.ts";

/** Which of the kernel's two interfaces the programs of iptables write to. */
export type Backend = "nft" | "legacy";

/** What is to be redirected: the environment of `proxyinit`, read and checked. */
export interface CaptureSettings {
  readonly backend: Backend;
  /** Otherwise the chains are made, but empty, and nothing leads to them. */
  readonly enabled: boolean;
  /** Whose outgoing traffic is left alone: Envoy's own. At least one of the two. */
  readonly ignoredUid: number | undefined;
  readonly ignoredGid: number | undefined;
  readonly egressPort: number;
  /** There whenever there are `appPorts`. */
  readonly ingressPort: number | undefined;
  readonly appPorts: readonly PortRange[];
  /** Of both families. */
  readonly ignoredAddresses: readonly AddressBlock[];
  readonly ignoredPorts: readonly PortRange[];
  readonly ipv6: boolean;
  /** What is done otherwise than somebody might expect; one sentence each. */
  readonly notes: readonly string[];
}
