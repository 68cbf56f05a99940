import type { Family } from "./address-block.ts";
import { CaptureError } from "./capture-error.ts";
import type { Backend } from "./settings.ts";

/** The programs of one back end and family, by names that do not depend on the machine's alternatives. */
export function toolNames(backend: Backend, family: Family): { readonly save: string; readonly restore: string } {
  const stem = `${family === "ipv4" ? "iptables" : "ip6tables"}-${backend}`;
  return { save: `${stem}-save`, restore: `${stem}-restore` };
}

/** How messages name the choice, which the injector's configuration and the container's environment both make. */
export function settingName(backend: Backend): string {
  return `capture.backend (OUTRIGGER_CAPTURE_BACKEND) is ${backend}`;
}

export function otherBackend(backend: Backend): Backend {
  return backend === "nft" ? "legacy" : "nft";
}

/** Numbers of capabilities in the kernel's masks (capability.h). */
const CAPABILITIES = { NET_ADMIN: 12n, NET_RAW: 13n } as const;
type Capability = keyof typeof CAPABILITIES;

const NEEDED: Readonly<Record<Backend, readonly Capability[]>> = {
  nft: ["NET_ADMIN"],
  // its programs speak to the kernel through a raw socket
  legacy: ["NET_ADMIN", "NET_RAW"],
};

/**
 * Checks the capabilities that this process has against what the back end needs, before anything is tried. `status` is the
 * text of /proc/self/status; without it, or without the line, nothing is known and nothing refused.
 * Throws a CaptureError `not-permitted`.
 */
export function requireCapabilities(backend: Backend, status: string | undefined): void {
  const mask = /^CapEff:\s*([0-9a-f]{1,16})$/m.exec(status ?? "")?.[1];
  if (mask === undefined) return;
  const effective = BigInt(`0x${mask}`);
  const missing = NEEDED[backend].filter((name) => (effective & (1n << CAPABILITIES[name])) === 0n);
  if (missing.length === 0) return;
  throw new CaptureError(
    "not-permitted",
    `${settingName(backend)}, which needs ${list(NEEDED[backend])}, but this process lacks ${list(missing)} (CapEff ${mask}); ${advice(backend, missing)}`,
  );
}

function advice(backend: Backend, missing: readonly Capability[]): string {
  const add = `run as user 0 and add ${list(missing)} to securityContext.capabilities of the container`;
  return backend === "legacy" && !missing.includes("NET_ADMIN") ? `${add}, or set it to nft, which does without` : add;
}

function list(names: readonly string[]): string {
  return names.join(" and ");
}
