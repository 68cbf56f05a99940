import { isIP } from "node:net";
import { isQuantity } from "../model/quantity.ts";
import type { EnvEntry, MountEntry, PortRange } from "./decision.ts";

/** A value that was read, or where and why it cannot be. */
export type ParsedValue<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly problem: string };

const good = <T>(value: T): ParsedValue<T> => ({ ok: true, value });
const bad = (problem: string): { ok: false; problem: string } => ({ ok: false, problem });

/** Longest list that is read: far above what a pod can use, far below what comparing each with each would cost. */
const MAX_ENTRIES = 1024;
const CONTROL = /\p{Cc}/u;

/** `80, 443, 8000:8010`: ports and ranges, blanks tolerated, each once; empty text and `0` mean none. */
export function parsePorts(text: string): ParsedValue<readonly PortRange[]> {
  return portsOf(entriesOf(text));
}

/** As {@link parsePorts}, but empty entries are skipped: the old set-up script split the ignored ports and addresses like words. */
export function parseIgnoredPorts(text: string): ParsedValue<readonly PortRange[]> {
  return portsOf(filledEntriesOf(text));
}

function portsOf(entries: ParsedValue<readonly Entry[]>): ParsedValue<readonly PortRange[]> {
  if (!entries.ok) return entries;
  const ranges: PortRange[] = [];
  for (const { entry, position } of entries.value) {
    const match = /^([0-9]{1,5})(?::([0-9]{1,5}))?$/.exec(entry);
    if (match === null)
      return bad(`entry ${position} is "${clip(entry)}", expected a port from 1 to 65535 or a range such as 8000:8010`);
    const first = Number(match[1]);
    const last = Number(match[2] ?? match[1]);
    if (last > 65535) return bad(`entry ${position} is "${entry}", but ports end at 65535`);
    if (last < first) return bad(`entry ${position} is "${entry}", but a range goes from the lower to the higher port`);
    if (first === 0 && last > 0) return bad(`entry ${position} is "${entry}", but ports begin at 1`);
    if (first > 0 && !ranges.some((range) => range.first === first && range.last === last))
      ranges.push({ first, last });
  }
  return good(ranges);
}

/** `10.0.0.1, 10.1.0.0/16, fd00::/8`: addresses and blocks of both families, each once; empty entries are skipped. */
export function parseAddresses(text: string): ParsedValue<readonly string[]> {
  const entries = filledEntriesOf(text);
  if (!entries.ok) return entries;
  const addresses: string[] = [];
  for (const { entry, position } of entries.value) {
    if (!isAddressBlock(entry)) {
      return bad(
        `entry ${position} is "${clip(entry)}", expected an IPv4 or IPv6 address or a block such as 10.0.0.0/8`,
      );
    }
    if (!addresses.includes(entry)) addresses.push(entry);
  }
  return good(addresses);
}

function isAddressBlock(entry: string): boolean {
  const [address = "", prefix, ...rest] = entry.split("/");
  const family = isIP(address);
  if (family === 0 || rest.length > 0 || address.includes("%")) return false;
  if (prefix === undefined) return true;
  return /^(0|[1-9][0-9]{0,2})$/.test(prefix) && Number(prefix) <= (family === 4 ? 32 : 128);
}

/** A non-negative Kubernetes quantity; empty text means that nothing is set. */
export function parseResource(text: string): ParsedValue<string> {
  const trimmed = text.trim();
  if (trimmed === "") return good("");
  if (trimmed.length > 64 || !isQuantity(trimmed) || trimmed.startsWith("-")) {
    return bad(`"${clip(trimmed)}" is not a quantity, expected something like 100m, 0.5 or 128Mi`);
  }
  return good(trimmed);
}

/** A name that becomes a part of a resource path `mesh/<mesh>/virtualNode/<node>`. */
export function parseResourceName(text: string): ParsedValue<string> {
  if (text === "") return bad("it is empty, expected a name");
  if (text.length > 255) return bad(`it has ${text.length} characters, expected at most 255`);
  if (text.includes("/")) return bad(`"${clip(text)}" contains a slash, expected a plain name`);
  if (CONTROL.test(text)) return bad("it contains a control character, expected a plain name");
  return good(text);
}

/** `secret:path, secret:path`: secrets and where they are mounted. */
export function parseSecretMounts(text: string): ParsedValue<readonly MountEntry[]> {
  return parseMounts(text, "secret");
}

/** `volume:path, volume:path`: volumes of the pod and where they are mounted. */
export function parseVolumeMounts(text: string): ParsedValue<readonly MountEntry[]> {
  return parseMounts(text, "volume");
}

/** `volume:path`: one volume of the pod. */
export function parseOneMount(text: string): ParsedValue<MountEntry> {
  if (text.includes(",")) return bad("it lists several, but only one volume:path is possible");
  const mounts = parseMounts(text, "volume");
  if (!mounts.ok) return mounts;
  const [mount] = mounts.value;
  return mount === undefined ? bad("it names no volume") : good(mount);
}

function parseMounts(text: string, what: string): ParsedValue<readonly MountEntry[]> {
  const entries = entriesOf(text);
  if (!entries.ok) return entries;
  const mounts: MountEntry[] = [];
  for (const { entry, position } of entries.value) {
    const parts = entry.split(":").map((part) => part.trim());
    const [name = "", path = ""] = parts;
    if (parts.length !== 2 || name === "" || path === "") {
      return bad(`entry ${position} is "${clip(entry)}", expected ${what}:path`);
    }
    if (!SUBDOMAIN.test(name) || name.length > 253)
      return bad(`entry ${position}: "${clip(name)}" cannot be the name of a ${what}`);
    if (CONTROL.test(path)) return bad(`entry ${position}: the path contains a control character`);
    if (mounts.some((mount) => mount.path === path))
      return bad(`entry ${position}: "${clip(path)}" is used twice, expected every path once`);
    mounts.push({ name, path });
  }
  return good(mounts);
}

const SUBDOMAIN = /^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$/;
/** Names that Kubernetes has always accepted for environment variables: none that could be a step upwards in a path. */
const ENV_NAME = /^(?!\.$|\.\.)[-._a-zA-Z][-._a-zA-Z0-9]*$/;

/** `KEY=value, KEY=value`; values hold neither comma nor equals sign (that is what the JSON form is for). */
export function parseEnv(text: string): ParsedValue<readonly EnvEntry[]> {
  const list = entriesOf(text);
  if (!list.ok) return list;
  const entries: EnvEntry[] = [];
  for (const { entry, position } of list.value) {
    const parts = entry.split("=").map((part) => part.trim());
    const [name = "", value = ""] = parts;
    if (parts.length !== 2) {
      // without an equals sign it may be a part of a value in which there was a comma
      const shown = parts.length === 1 ? "" : ` (${clip(name)})`;
      return bad(
        `entry ${position}${shown} has ${parts.length - 1} equals signs, expected NAME=value (values with , or = go into sidecarEnvJson)`,
      );
    }
    const problem = envNameProblem(name);
    if (problem !== undefined) return bad(`entry ${position}: ${problem}`);
    entries.push({ name, value });
  }
  return good(lastWins(entries));
}

/** `[{"KEY":"value"}, …]`: a list of flat objects with string values; `null` and `[]` mean none. */
export function parseEnvJson(text: string): ParsedValue<readonly EnvEntry[]> {
  if (text.length > MAX_ENV_JSON) return bad(`it has ${text.length} characters, expected at most ${MAX_ENV_JSON}`);
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    return bad('it is not JSON, expected a list such as [{"NAME":"value"}]');
  }
  if (json === null) return good([]);
  if (!Array.isArray(json)) return bad('it is not a list, expected [{"NAME":"value"}]');
  const entries: EnvEntry[] = [];
  for (const [index, object] of json.entries()) {
    if (typeof object !== "object" || object === null || Array.isArray(object)) {
      return bad(`element ${index + 1} is not an object, expected {"NAME":"value"}`);
    }
    for (const [name, value] of Object.entries(object as Record<string, unknown>)) {
      const problem = envNameProblem(name);
      if (problem !== undefined) return bad(`element ${index + 1}: ${problem}`);
      if (typeof value !== "string")
        return bad(
          `element ${index + 1}: the value of ${clip(name)} is not a string, expected "${clip(name)}":"…" (nesting is not possible)`,
        );
      if (value.includes("\0")) return bad(`element ${index + 1}: the value of ${clip(name)} contains a NUL character`);
      entries.push({ name, value });
    }
  }
  return good(lastWins(entries));
}

const MAX_ENV_JSON = 131_072;

function envNameProblem(name: string): string | undefined {
  if (name === "") return "the name is empty, expected NAME=value";
  if (!ENV_NAME.test(name)) return `"${clip(name)}" cannot be the name of an environment variable`;
  return undefined;
}

/** Whole seconds from 0 to 3600, with or without the unit: `15` or `15s`. */
export function parseSeconds(text: string): ParsedValue<number> {
  const match = /^([0-9]{1,4})s?$/.exec(text.trim());
  if (match === null || Number(match[1]) > 3600)
    return bad(`"${clip(text)}" is not a delay, expected whole seconds from 0 to 3600, such as 15 or 15s`);
  return good(Number(match[1]));
}

/** A decimal from 0 to 1, rounded to two places as the controller did; no exponent, no NaN (bug C28). */
export function parseSamplingRate(text: string): ParsedValue<string> {
  if (!/^(0|1|0?\.[0-9]{1,18}|0\.|1\.0{0,18})$/.test(text.trim()))
    return bad(`"${clip(text)}" is not a rate, expected a decimal from 0 to 1 such as 0.05`);
  return good(String(Math.round(Number(text.trim()) * 100) / 100));
}

/** Later entries win; sorted by name, so that the output does not depend on the way a list was written (bug C3). */
function lastWins(entries: readonly EnvEntry[]): readonly EnvEntry[] {
  const byName = new Map(entries.map((entry) => [entry.name, entry]));
  return [...byName.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
}

interface Entry {
  readonly entry: string;
  /** Counted from 1. */
  readonly position: number;
}

function filledEntriesOf(text: string): ParsedValue<readonly Entry[]> {
  const entries = entriesOf(text);
  return entries.ok ? good(entries.value.filter(({ entry }) => entry !== "")) : entries;
}

/** The comma-separated entries, trimmed; none for blank text. */
function entriesOf(text: string): ParsedValue<readonly Entry[]> {
  if (text.trim() === "") return good([]);
  const entries = text.split(",");
  if (entries.length > MAX_ENTRIES) return bad(`it has ${entries.length} entries, expected at most ${MAX_ENTRIES}`);
  return good(entries.map((entry, index) => ({ entry: entry.trim(), position: index + 1 })));
}

/** Values are quoted in messages only up to here, and without control characters. */
export function clip(text: string): string {
  const plain = text.replace(/\p{Cc}/gu, "?");
  return plain.length > 40 ? `${plain.slice(0, 39).toWellFormed()}…` : plain;
}
