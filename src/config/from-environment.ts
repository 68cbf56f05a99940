import type { Environment } from "../model/environment.ts";
import { takeFormer } from "./former/name.ts";
import { FORMER_NAMES } from "./former/names.ts";
import { type Gathered, nothingGathered } from "./gathered.ts";
import { nearestName } from "./nearest.ts";
import { textWord } from "./raw-value.ts";
import { SETTINGS } from "./sources.ts";

const PREFIX = "OUTRIGGER_";

/**
 * What the environment gives. Our own variables beat old names, and of those the first in the table is the strongest.
 * An old name that is set to nothing counts as not set, as manifests and scripts mean it; a variable of ours that is
 * set to nothing gives the empty value.
 *
 * An unknown variable is never an error: Kubernetes puts `OUTRIGGER_SERVICE_HOST` and the like into every pod beside a
 * Service named `outrigger`. One that looks like a slip gets a warning.
 */
export function fromEnvironment(environment: Environment): Gathered {
  const gathered = nothingGathered();
  for (const former of FORMER_NAMES) {
    for (const variable of (former.variables ?? []).toReversed()) {
      const text = own(environment, variable);
      if (text?.trim()) takeFormer(gathered, former, variable, textWord(text), { source: "environment", variable });
    }
  }
  for (const { path, variable } of SETTINGS) {
    const text = own(environment, variable);
    if (text === undefined) continue;
    gathered.entries.push({ target: path, raw: textWord(text), origin: { source: "environment", variable } });
  }
  gathered.warnings.push(...slips(environment));
  return gathered;
}

function slips(environment: Environment): string[] {
  const known = SETTINGS.map(({ variable }) => variable.slice(PREFIX.length));
  return Object.keys(environment)
    .filter((name) => name.startsWith(PREFIX))
    .map((name) => name.slice(PREFIX.length))
    .filter((name) => !known.includes(name) && !/^(SERVICE|PORT|POD|NODE)(_|$)/.test(name))
    .flatMap((name) => {
      const nearest = nearestName(name, known);
      if (nearest === undefined) return [];
      return [`environment ${PREFIX}${name} is not known and has no effect; did you mean ${PREFIX}${nearest}?`];
    });
}

function own(environment: Environment, name: string): string | undefined {
  return Object.hasOwn(environment, name) ? environment[name] : undefined;
}
