import { clip, type ParsedValue, parseAddresses, parseIgnoredPorts, parsePorts } from "../inject/values.ts";
import type { Environment } from "../model/environment.ts";
import { EXEMPT_ADDRESSES, EXEMPT_PORT } from "../model/exempt.ts";
import { PORTS } from "../model/names.ts";
import { type AddressBlock, formatBlock, parseBlock } from "./address-block.ts";
import { CaptureError } from "./capture-error.ts";
import { HIGHEST_ID } from "./limits.ts";
import { formatRanges, holdsPort, withoutPort } from "./port-ranges.ts";
import type { Backend, CaptureSettings } from "./settings.ts";

/**
 * Reads the variables of App Mesh's proxy-route-manager, and the one of ours. An unset variable has its default; a set and
 * empty one means "none". Rejects nothing silently: throws a CaptureError `invalid` that lists every value that cannot be used.
 */
export function readSettings(environment: Environment): CaptureSettings {
  const problems: string[] = [];
  const get = (name: string, otherwise: string): string => environment[name] ?? otherwise;
  const parsed = <T>(name: string, text: string, parse: (text: string) => ParsedValue<T>, fallback: T): T => {
    const result = parse(text);
    if (result.ok) return result.value;
    problems.push(`${name}: ${result.problem}`);
    return fallback;
  };
  const flag = (name: string) => parsed(name, get(name, ""), parseFlag, false);
  const id = (name: string) => parsed(name, get(name, ""), parseId, undefined);
  const port = (name: string) => parsed(name, get(name, ""), parsePort, undefined);

  const ignoredUid = id("APPMESH_IGNORE_UID");
  const ignoredGid = id("APPMESH_IGNORE_GID");
  if (blank(environment["APPMESH_IGNORE_UID"]) && blank(environment["APPMESH_IGNORE_GID"])) {
    problems.push(
      "APPMESH_IGNORE_UID: it is not set, and neither is APPMESH_IGNORE_GID; expected at least one of them, the user or group that Envoy runs as, such as 1337, because Envoy's own connections must not come back to it",
    );
  }
  const egressPort = port("APPMESH_ENVOY_EGRESS_PORT");
  if (blank(environment["APPMESH_ENVOY_EGRESS_PORT"]))
    problems.push(
      `APPMESH_ENVOY_EGRESS_PORT: it is not set, expected the port of Envoy's outbound listener, such as ${PORTS.outbound}`,
    );
  const ingressPort = port("APPMESH_ENVOY_INGRESS_PORT");
  const asked = parsed("APPMESH_APP_PORTS", get("APPMESH_APP_PORTS", ""), parsePorts, []);
  if (asked.length > 0 && blank(environment["APPMESH_ENVOY_INGRESS_PORT"])) {
    problems.push(
      `APPMESH_ENVOY_INGRESS_PORT: it is not set, but APPMESH_APP_PORTS is "${clip(formatRanges(asked))}"; expected the port of Envoy's inbound listener, such as ${PORTS.inbound}`,
    );
  }
  const addresses = parsed(
    "APPMESH_EGRESS_IGNORED_IP",
    get("APPMESH_EGRESS_IGNORED_IP", EXEMPT_ADDRESSES.join(",")),
    parseAddresses,
    [],
  );
  const ignoredPorts = parsed(
    "APPMESH_EGRESS_IGNORED_PORTS",
    get("APPMESH_EGRESS_IGNORED_PORTS", ""),
    parseIgnoredPorts,
    [],
  );
  const ipv6 = flag("APPMESH_ENABLE_IPV6");
  const enabled = flag("APPMESH_START_ENABLED");
  const backend = parsed("OUTRIGGER_CAPTURE_BACKEND", get("OUTRIGGER_CAPTURE_BACKEND", "nft"), parseBackend, "nft");
  if (problems.length > 0 || egressPort === undefined) throw invalid(problems);

  const own = [...new Set([ingressPort ?? egressPort, egressPort, PORTS.status])];
  const appPorts = own.reduce(withoutPort, asked);
  const blocks = eachOnce(addresses);
  return {
    backend,
    enabled,
    ignoredUid,
    ignoredGid,
    egressPort,
    ingressPort,
    appPorts,
    ignoredAddresses: blocks,
    // as AWS's program did, whatever the list says: a person must be able to look after the machine
    ignoredPorts: holdsPort(ignoredPorts, EXEMPT_PORT)
      ? ignoredPorts
      : [...ignoredPorts, { first: EXEMPT_PORT, last: EXEMPT_PORT }],
    ipv6,
    notes: notesOn({ asked, own, blocks, ipv6, enabled }),
  };
}

/** The back end alone: all that removing needs. Throws as {@link readSettings}. */
export function readBackend(environment: Environment): Backend {
  const result = parseBackend(environment["OUTRIGGER_CAPTURE_BACKEND"] ?? "nft");
  if (result.ok) return result.value;
  throw invalid([`OUTRIGGER_CAPTURE_BACKEND: ${result.problem}`]);
}

function notesOn(read: {
  readonly asked: CaptureSettings["appPorts"];
  readonly own: readonly number[];
  readonly blocks: readonly AddressBlock[];
  readonly ipv6: boolean;
  readonly enabled: boolean;
}): readonly string[] {
  const notes: string[] = [];
  if (!read.enabled)
    notes.push("APPMESH_START_ENABLED is 0: the chains stay empty and nothing is redirected; set it to 1 for that");
  for (const port of read.own) {
    if (holdsPort(read.asked, port))
      notes.push(`port ${port} belongs to the sidecar and is left out of APPMESH_APP_PORTS`);
  }
  const unused = read.ipv6 ? [] : read.blocks.filter((block) => block.family === "ipv6");
  if (unused.length > 0) {
    notes.push(
      `APPMESH_ENABLE_IPV6 is 0: IPv6 bypasses Envoy, and ${unused.map(formatBlock).slice(0, 5).join(", ")} of APPMESH_EGRESS_IGNORED_IP ${unused.length === 1 ? "has" : "have"} no effect`,
    );
  }
  return notes;
}

/** The same block may be written in several ways (`10.0.0.1`, `10.0.0.1/32`). */
function eachOnce(texts: readonly string[]): readonly AddressBlock[] {
  const blocks = texts.map(parseBlock).filter((block) => block !== undefined);
  return [...new Map(blocks.map((block) => [formatBlock(block), block])).values()];
}

function blank(text: string | undefined): boolean {
  return text === undefined || text.trim() === "";
}

function parseFlag(text: string): ParsedValue<boolean> {
  const trimmed = text.trim();
  if (trimmed !== "" && trimmed !== "0" && trimmed !== "1")
    return { ok: false, problem: `found "${clip(text)}", expected 0 or 1` };
  return { ok: true, value: trimmed === "1" };
}

function parseId(text: string): ParsedValue<number | undefined> {
  return wholeNumber(text, 0, HIGHEST_ID, "the number of a user or group");
}

function parsePort(text: string): ParsedValue<number | undefined> {
  return wholeNumber(text, 1, 65535, "a port");
}

function wholeNumber(text: string, lowest: number, highest: number, what: string): ParsedValue<number | undefined> {
  const trimmed = text.trim();
  if (trimmed === "") return { ok: true, value: undefined };
  const number = /^[0-9]{1,10}$/.test(trimmed) ? Number(trimmed) : Number.NaN;
  if (number >= lowest && number <= highest) return { ok: true, value: number };
  return { ok: false, problem: `found "${clip(text)}", expected ${what} from ${lowest} to ${highest}` };
}

function parseBackend(text: string): ParsedValue<Backend> {
  const trimmed = text.trim();
  if (trimmed === "nft" || trimmed === "legacy") return { ok: true, value: trimmed };
  return { ok: false, problem: `found "${clip(text)}", expected nft or legacy` };
}

function invalid(problems: readonly string[]): CaptureError {
  const count = problems.length === 1 ? "a value" : `${problems.length} values`;
  return new CaptureError(
    "invalid",
    `${count} of the environment cannot be used, so nothing was changed:\n${problems.map((problem) => `  ${problem}`).join("\n")}`,
  );
}
