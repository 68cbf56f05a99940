import { BUILT_IN, CHAINS, type FamilyPlan } from "./plan.ts";
import { ENTRANCES, ruleKey, ruleText, targetOf } from "./rule-text.ts";
import type { SavedTable } from "./saved-table.ts";

/** What the table has otherwise than planned, one sentence each; none when it is as planned. */
export function differences(plan: FamilyPlan, saved: SavedTable): readonly string[] {
  return CHAINS.flatMap((name) => {
    const planned = plan.chains.find((chain) => chain.name === name)?.rules.map(ruleText);
    const entrance = plan.entered.includes(name) ? [`${ENTRANCES[name].from} ${ENTRANCES[name].rule}`] : [];
    const found = BUILT_IN.flatMap((chain) =>
      (saved.get(chain) ?? []).filter((rule) => targetOf(rule) === name).map((rule) => `${chain} ${rule}`),
    );
    return [
      ...chainDifferences(name, planned, saved.get(name)),
      ...lineDifferences("the built-in chains", entrance, found),
    ];
  });
}

function chainDifferences(
  name: string,
  planned: readonly string[] | undefined,
  found: readonly string[] | undefined,
): readonly string[] {
  if (planned === undefined) return found === undefined ? [] : [`chain ${name} is there, but is not planned`];
  if (found === undefined) return [`chain ${name} is missing`];
  return lineDifferences(`chain ${name}`, planned, found);
}

function lineDifferences(where: string, planned: readonly string[], found: readonly string[]): readonly string[] {
  const length = Math.max(planned.length, found.length);
  return Array.from({ length }, (_, index) => index)
    .filter((index) => keyOf(planned[index]) !== keyOf(found[index]))
    .map((index) => `rule ${index + 1} of ${where} is ${quoted(found[index])}, planned was ${quoted(planned[index])}`);
}

function keyOf(rule: string | undefined): string | undefined {
  return rule === undefined ? undefined : ruleKey(rule);
}

function quoted(rule: string | undefined): string {
  return rule === undefined ? "none" : `"${rule}"`;
}
