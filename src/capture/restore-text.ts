import { BUILT_IN, CHAINS, type ChainName, type FamilyPlan } from "./plan.ts";
import { ENTRANCES, ruleKey, ruleText, targetOf } from "./rule-text.ts";
import type { SavedTable } from "./saved-table.ts";

/** A network namespace in which nobody has made rules yet. */
export const UNTOUCHED: SavedTable = new Map(BUILT_IN.map((name) => [name, []]));

/**
 * Input for `iptables-restore --noflush` that makes of the table as it is the table as planned, in one step: our chains are
 * filled again, ways into them that are not as planned are taken out, and nothing else is named. The kernel takes all of it
 * or nothing. Planning the empty plan removes everything of ours.
 */
export function restoreText(plan: FamilyPlan, saved: SavedTable): string {
  const stale = CHAINS.filter((name) => saved.has(name) && !plan.chains.some((chain) => chain.name === name));
  const kept = plan.entered.filter((name) => isEnteredOnce(name, saved));
  const lines = [
    "*nat",
    // declaring a chain that is there empties it
    ...plan.chains.map(({ name }) => `:${name} - [0:0]`),
    ...removedEntrances(saved, kept),
    ...stale.map((name) => `-F ${name}`),
    ...stale.map((name) => `-X ${name}`),
    ...plan.chains.flatMap(({ name, rules }) => rules.map((rule) => `-A ${name} ${ruleText(rule)}`)),
    ...plan.entered
      .filter((name) => !kept.includes(name))
      .map((name) => `-A ${ENTRANCES[name].from} ${ENTRANCES[name].rule}`),
    "COMMIT",
  ];
  return `${lines.join("\n")}\n`;
}

/** Rules of chains that are not ours and not the kernel's lead to ours: those must go first, by whoever made them. */
export function foreignReferences(plan: FamilyPlan, saved: SavedTable): readonly string[] {
  const stale: readonly string[] = CHAINS.filter((name) => !plan.chains.some((chain) => chain.name === name));
  const known: readonly string[] = [...BUILT_IN, ...CHAINS];
  return [...saved]
    .filter(([chain]) => !known.includes(chain))
    .flatMap(([chain, rules]) => rules.map((rule) => ({ chain, rule })))
    .filter(({ rule }) => stale.includes(targetOf(rule) ?? ""))
    .map(({ chain, rule }) => `-A ${chain} ${rule}`);
}

/** A way in that is as planned, and the only one, keeps its place among the rules of others. */
function isEnteredOnce(name: ChainName, saved: SavedTable): boolean {
  const { from, rule } = ENTRANCES[name];
  const found = BUILT_IN.flatMap((chain) =>
    (saved.get(chain) ?? []).filter((text) => targetOf(text) === name).map((text) => ({ chain, text })),
  );
  return found.length === 1 && found.every(({ chain, text }) => chain === from && ruleKey(text) === ruleKey(rule));
}

/** By number, so that no text that was read is written; from the last to the first, so that the numbers stay true. */
function removedEntrances(saved: SavedTable, kept: readonly ChainName[]): readonly string[] {
  const removed: readonly string[] = CHAINS.filter((name) => !kept.includes(name));
  return BUILT_IN.flatMap((chain) =>
    (saved.get(chain) ?? [])
      .map((rule, index) => ({ rule, number: index + 1 }))
      .filter(({ rule }) => removed.includes(targetOf(rule) ?? ""))
      .reverse()
      .map(({ number }) => `-D ${chain} ${number}`),
  );
}
