import { type Family, formatBlock } from "./address-block.ts";
import type { Chain, FamilyPlan, Rule } from "./plan.ts";
import { formatRanges } from "./port-ranges.ts";
import { ENTRANCES } from "./rule-text.ts";

const FAMILY_NAMES: Readonly<Record<Family, string>> = { ipv4: "IPv4", ipv6: "IPv6" };

export function familyName(family: Family): string {
  return FAMILY_NAMES[family];
}

/** The plan in sentences, in the order in which the kernel asks: what applies first, wins. */
export function explainPlan(plan: FamilyPlan): string {
  const lines = plan.chains.flatMap((chain) => explainChain(chain, plan.entered.includes(chain.name)));
  return [`${familyName(plan.family)}`, ...lines].join("\n");
}

function explainChain(chain: Chain, entered: boolean): readonly string[] {
  const what =
    chain.name === "APPMESH_INGRESS"
      ? "incoming TCP connections, unless they come from the pod itself"
      : "outgoing TCP connections, unless they go to the pod itself";
  const way = entered ? `${what} (from ${ENTRANCES[chain.name].from})` : "nothing leads here";
  const rules = chain.rules.map((rule, index) => `    ${index + 1}. ${explainRule(rule, chain.name)}`);
  const end = chain.name === "APPMESH_INGRESS" && rules.length > 0 ? ["    all others: to the app, past Envoy"] : [];
  return [`  ${chain.name}: ${way}`, ...rules, ...end];
}

function explainRule({ match, action }: Rule, chain: Chain["name"]): string {
  const to = action === "return" ? "left alone" : `to Envoy, port ${action.redirectTo}`;
  switch (match.kind) {
    case "uid":
      return `of user ${match.id}: ${to}`;
    case "gid":
      return `of group ${match.id}: ${to}`;
    case "ports":
      return `${chain === "APPMESH_INGRESS" ? "for" : "to"} port ${formatRanges(match.ports).replaceAll(",", ", ").replaceAll(":", " to ")}: ${to}`;
    case "address":
      return `to ${formatBlock(match.block)}: ${to}`;
    case "every-connection":
      return `all others: ${to}`;
  }
}
