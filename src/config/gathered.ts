import type { SettingProblem } from "./configuration-error.ts";
import type { FormerPart } from "./former/part.ts";
import type { Origin } from "./origin.ts";
import type { RawValue } from "./raw-value.ts";
import type { SettingPath } from "./sources.ts";

/** A value that a source gives for a setting, or for a part of an old program's setting. */
export interface Entry<Target extends SettingPath | FormerPart = SettingPath | FormerPart> {
  readonly target: Target;
  readonly raw: RawValue;
  readonly origin: Origin;
}

/** An old name that was given and has no effect. */
export interface Ignored {
  readonly name: string;
  readonly origin: Origin;
  readonly because: string;
}

/** What was found in one or more sources, in rising order of precedence. */
export interface Gathered {
  readonly entries: Entry[];
  readonly problems: SettingProblem[];
  readonly ignored: Ignored[];
  readonly warnings: string[];
}

/** An empty collection to gather into. */
export function nothingGathered(): Gathered {
  return { entries: [], problems: [], ignored: [], warnings: [] };
}
