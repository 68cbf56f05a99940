import { toolNames } from "./backend.ts";
import { RESTORE_ARGUMENTS } from "./capture-system.ts";
import { explainPlan, familyName } from "./explanation.ts";
import { CHAINS, type FamilyPlan } from "./plan.ts";
import { restoreText, UNTOUCHED } from "./restore-text.ts";
import { ENTRANCES } from "./rule-text.ts";
import type { SavedTable } from "./saved-table.ts";
import type { Backend } from "./settings.ts";

/** What is assumed to be there: nothing is read either. */
const ASSUMED: Readonly<Record<"apply" | "remove", { readonly says: string; readonly table: SavedTable }>> = {
  apply: { says: "a network namespace without rules", table: UNTOUCHED },
  remove: { says: "a network namespace with nothing but the rules of capture", table: captured() },
};

function captured(): SavedTable {
  const table = new Map<string, readonly string[]>(UNTOUCHED);
  for (const name of CHAINS) table.set(name, []).set(ENTRANCES[name].from, [ENTRANCES[name].rule]);
  return table;
}

interface Call {
  readonly family: FamilyPlan["family"];
  readonly command: readonly string[];
  readonly input: string;
}

function callsOf(action: "apply" | "remove", backend: Backend, plans: readonly FamilyPlan[]): readonly Call[] {
  return plans.map((plan) => ({
    family: plan.family,
    command: [toolNames(backend, plan.family).restore, ...RESTORE_ARGUMENTS],
    input: restoreText(plan, ASSUMED[action].table),
  }));
}

/** The exact input of each call, after a comment line (which iptables-restore skips) that names the call. */
export function dryRunRestore(action: "apply" | "remove", backend: Backend, plans: readonly FamilyPlan[]): string {
  return callsOf(action, backend, plans)
    .map(({ family, command, input }) => `# ${familyName(family)}: ${command.join(" ")}\n${input}`)
    .join("");
}

/** Sentences for people. */
export function dryRunText(action: "apply" | "remove", backend: Backend, plans: readonly FamilyPlan[]): string {
  const what = (plan: FamilyPlan): string =>
    action === "apply"
      ? explainPlan(plan)
      : `${familyName(plan.family)}\n  ${CHAINS.join(" and ")}, and the ways into them, are removed`;
  return `Nothing is written. In ${ASSUMED[action].says}, with back end ${backend}:\n\n${plans.map(what).join("\n\n")}\n`;
}

/** The calls and the plan behind them, for programs. */
export function dryRunJson(action: "apply" | "remove", backend: Backend, plans: readonly FamilyPlan[]): string {
  const calls = callsOf(action, backend, plans).map(({ family, command, input }, index) => ({
    family,
    command,
    input,
    chains: (plans[index]?.chains ?? []).map(({ name, rules }) => ({ name, rules: rules.length })),
  }));
  return `${JSON.stringify({ action, backend, assumes: ASSUMED[action].says, calls }, null, 2)}\n`;
}
