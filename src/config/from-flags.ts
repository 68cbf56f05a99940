import type { FlagValues } from "./flags.ts";
import { takeFormer } from "./former/name.ts";
import { FORMER_FLAGS } from "./former/names.ts";
import { type Gathered, nothingGathered } from "./gathered.ts";
import { nearestName } from "./nearest.ts";
import { type RawValue, textWord } from "./raw-value.ts";
import { SETTINGS, type SettingPath } from "./sources.ts";

const PATHS: ReadonlyMap<string, SettingPath> = new Map(
  SETTINGS.flatMap(({ path, flag, flagByRule }) => [[flag, path] as const, [flagByRule, path] as const]),
);

/** What the command line gives. Names are without dashes; texts, booleans, numbers and lists of them are understood. */
export function fromFlags(flags: FlagValues): Gathered {
  const gathered = nothingGathered();
  for (const [flag, value] of Object.entries(flags)) {
    if (value === undefined) continue;
    const origin = { source: "flag", flag } as const;
    const path = PATHS.get(flag);
    const former = FORMER_FLAGS.get(flag);
    if (path !== undefined) {
      gathered.entries.push({ target: path, raw: rawOf(value), origin });
    } else if (former !== undefined) {
      takeFormer(gathered, former, "", rawOf(value), origin);
    } else {
      const nearest = nearestName(flag, [...PATHS.keys(), ...FORMER_FLAGS.keys()]);
      gathered.problems.push({
        setting: "",
        origin,
        expected: "a known flag",
        ...(nearest && { nearest: `--${nearest}` }),
      });
    }
  }
  return gathered;
}

function rawOf(value: unknown): RawValue {
  return Array.isArray(value) ? value.map((entry) => textWord(String(entry))) : textWord(String(value));
}
