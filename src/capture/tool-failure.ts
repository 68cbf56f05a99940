import type { Family } from "./address-block.ts";
import { otherBackend, settingName, toolNames } from "./backend.ts";
import { CaptureError } from "./capture-error.ts";
import type { CaptureSystem, ToolResult } from "./capture-system.ts";
import { COMPLAINT_CHARACTERS } from "./limits.ts";
import type { Backend } from "./settings.ts";

/** Kernel features by the words of our rules that need them. */
const FEATURES = [
  { word: "owner", feature: "xt_owner" },
  { word: "addrtype", feature: "xt_addrtype" },
  { word: "multiport", feature: "xt_multiport" },
  { word: "REDIRECT", feature: "xt_REDIRECT" },
] as const;

/** A program of iptables that did not do what it was to do. */
export interface FailedCall {
  readonly backend: Backend;
  readonly family: Family;
  readonly tool: string;
  readonly result: ToolResult;
  /** What it was given to read; empty when it only printed. */
  readonly input: string;
}

/** Says what is missing, as exactly as the program and the kernel let it be known. */
export function toolFailure(call: FailedCall, system: CaptureSystem): CaptureError {
  const { backend, tool, result } = call;
  const setting = settingName(backend);
  if (result.kind === "not-started") {
    return new CaptureError(
      "tool-missing",
      `${setting}, but ${tool} cannot be started (${result.reason}); expected it on PATH, as it is in Outrigger's image: check capture.image`,
    );
  }
  if (result.kind === "killed") {
    return new CaptureError("busy", `${tool} was given up: ${result.reason}; the node may be overloaded, try again`);
  }
  const complaint = complaintOf(result.stderr || result.stdout);
  const says = `${tool} ended with ${result.code}: ${complaint}`;
  if (/xtables lock|can't open lock file/i.test(complaint))
    return new CaptureError("busy", `${says}; another program holds the lock, or XTABLES_LOCKFILE cannot be written`);
  const library = /Couldn't load (?:match|target) `(\w{1,32})'/.exec(complaint)?.[1];
  if (library !== undefined) {
    return new CaptureError(
      "tool-missing",
      `${says}; the extension ${library} of iptables is not installed beside ${tool}, as it is in Outrigger's image: check capture.image`,
    );
  }
  const feature = missingFeature(call, complaint, system);
  if (feature !== undefined) {
    return new CaptureError(
      "unsupported",
      `${setting}, but the kernel lacks ${feature}: load that module on the node, or set it to ${otherBackend(backend)} (${says})`,
    );
  }
  if (/permission denied|operation not permitted|must be root/i.test(complaint)) {
    const needs = backend === "nft" ? "NET_ADMIN" : "NET_ADMIN and NET_RAW";
    return new CaptureError(
      "not-permitted",
      `${setting}, which needs user 0 with ${needs} in the user namespace that owns the pod's network (${says})`,
    );
  }
  return new CaptureError("failed", `${says}; nothing of this family was changed`);
}

/** The kernel module, or several candidates, whose absence the complaint tells of; undefined when it tells of none. */
function missingFeature(
  { backend, family, input }: FailedCall,
  complaint: string,
  system: CaptureSystem,
): string | undefined {
  const extension = /Extension (\w{1,32}) revision \d+ not supported, missing kernel module/.exec(complaint)?.[1];
  if (extension !== undefined) return `xt_${extension}`;
  if (
    /Table does not exist|do you need to insmod|unable to initialize table|table `nat' does not exist/i.test(complaint)
  )
    return backend === "nft" ? "nft_chain_nat" : family === "ipv4" ? "iptable_nat" : "ip6table_nat";
  if (/Could not fetch rule set generation id|Failed to initialize nft/i.test(complaint)) {
    return /permission|not permitted/i.test(complaint) ? undefined : "nf_tables";
  }
  if (backend === "nft") {
    // RULE_APPEND failed (No such file or directory): the kernel did not find what the rule of that line names
    const line =
      /line (\d{1,6}): (?:RULE|CHAIN|TABLE)_\w+ failed \((?:No such file or directory|Operation not supported|Protocol not supported)\)/.exec(
        complaint,
      )?.[1];
    return line === undefined ? undefined : namedIn(input.split("\n")[Number(line) - 1] ?? "") || "nft_chain_nat";
  }
  // legacy says only which line it failed at, and that is the last one; the kernel lists what it has
  return /line \d{1,6} failed/.test(complaint) ? absentOf(family, input, system) : undefined;
}

function namedIn(line: string): string {
  const features = FEATURES.filter(({ word }) => line.includes(` ${word} `)).map(({ feature }) => feature);
  return features.length > 0 ? `${features.join(" or ")} (or nft_compat)` : "";
}

function absentOf(family: Family, input: string, system: CaptureSystem): string | undefined {
  const stem = family === "ipv4" ? "/proc/net/ip_tables" : "/proc/net/ip6_tables";
  const lists = [system.read(`${stem}_matches`), system.read(`${stem}_targets`)];
  if (lists.includes(undefined)) return undefined;
  const there = new Set(lists.join("\n").split("\n"));
  const absent = FEATURES.filter(({ word }) => input.includes(` ${word} `) && !there.has(word));
  return absent.length === 0 ? undefined : absent.map(({ feature }) => feature).join(" and ");
}

/** The table could be read, but not understood: rules that were made with nft directly have no iptables form. */
export function unreadableTable(backend: Backend, family: Family, said: string): CaptureError {
  return new CaptureError(
    "unreadable",
    `${toolNames(backend, family).save} printed no nat table (${complaintOf(said)}); another program has made rules there that iptables cannot read: remove them, or set capture.backend (OUTRIGGER_CAPTURE_BACKEND) to ${otherBackend(backend)}`,
  );
}

/** The program's own words in one line, without control characters, and not endless. */
function complaintOf(text: string): string {
  const plain = text.replace(/[\p{Cc}\s]+/gu, " ").trim();
  const short = plain.length > COMPLAINT_CHARACTERS ? `${plain.slice(0, COMPLAINT_CHARACTERS)}…` : plain;
  return short === "" ? "it said nothing" : short;
}
