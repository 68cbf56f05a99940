import { formatBlock, parseBlock } from "./address-block.ts";
import type { ChainName, Match, Rule } from "./plan.ts";
import { formatRanges } from "./port-ranges.ts";

/**
 * The way from a built-in chain into ours. Connections of the pod to itself, over loopback or its own address, are local on
 * both ends and never enter.
 */
export const ENTRANCES: Readonly<Record<ChainName, { readonly from: "PREROUTING" | "OUTPUT"; readonly rule: string }>> =
  {
    APPMESH_INGRESS: { from: "PREROUTING", rule: "-p tcp -m addrtype ! --src-type LOCAL -j APPMESH_INGRESS" },
    APPMESH_EGRESS: { from: "OUTPUT", rule: "-p tcp -m addrtype ! --dst-type LOCAL -j APPMESH_EGRESS" },
  };

/** A rule as iptables-save prints it, without its chain. Made of numbers, checked before, and fixed words. */
export function ruleText({ match, action }: Rule): string {
  return `${matchText(match)} ${action === "return" ? "-j RETURN" : `-j REDIRECT --to-ports ${action.redirectTo}`}`;
}

function matchText(match: Match): string {
  switch (match.kind) {
    case "uid":
      return `-m owner --uid-owner ${match.id}`;
    case "gid":
      return `-m owner --gid-owner ${match.id}`;
    case "ports":
      return `-p tcp -m multiport --dports ${formatRanges(match.ports)}`;
    case "address":
      // iptables-save leaves out a destination that is everything
      return match.block.prefix === 0 ? "-p tcp" : `-d ${formatBlock(match.block)} -p tcp`;
    case "every-connection":
      return "-p tcp";
  }
}

/**
 * The same text for two rules that mean the same: releases of iptables differ in the order of their words, and in the
 * spelling of addresses. For comparing only.
 */
export function ruleKey(rule: string): string {
  const options: string[] = [];
  let negated = false;
  for (const word of wordsOf(rule)) {
    if (word === "!") negated = true;
    else if (word.startsWith("-")) {
      options.push(`${negated ? "! " : ""}${word}`);
      negated = false;
    } else {
      const block = word.includes("/") ? parseBlock(word) : undefined;
      options.push(`${options.pop() ?? ""} ${block === undefined ? word : formatBlock(block)}`);
    }
  }
  // the name of a match follows from its options
  return options
    .filter((option) => !option.startsWith("-m "))
    .sort()
    .join(" ");
}

/** The chain that a rule jumps or goes to. */
export function targetOf(rule: string): string | undefined {
  const words = wordsOf(rule);
  const at = words.findIndex((word) => ["-j", "--jump", "-g", "--goto"].includes(word));
  return at === -1 ? undefined : words[at + 1];
}

/** Words in quotes, such as comments, are one word each. */
function wordsOf(rule: string): readonly string[] {
  return rule.match(/"(?:[^"\\]|\\.)*"|[^\s"]+/g) ?? [];
}
