import type { Gathered } from "../gathered.ts";
import type { Origin } from "../origin.ts";
import { printable } from "../printable.ts";
import { type RawValue, rawText, readBoolean, readInteger, textWord } from "../raw-value.ts";
import type { SettingPath } from "../sources.ts";
import type { FormerPart } from "./part.ts";

/** What the injector of 2019 or the controller called something, and what becomes of it here. */
export interface FormerName {
  /** Flags, without dashes. */
  readonly flags?: readonly string[];
  /** Values of the Helm charts, accepted in the configuration file; a map under such a name is meant as a whole. */
  readonly values?: readonly string[];
  /** Environment variables, the first being the strongest. */
  readonly variables?: readonly string[];
  /** A boolean, so that the flag may stand alone. */
  readonly onOff?: true;
  readonly becomes: Meaning;
}

export type Meaning =
  | { readonly kind: "setting"; readonly path: SettingPath; readonly convert?: Conversion }
  | { readonly kind: "part"; readonly part: FormerPart; readonly of: string }
  /** Accepted, without effect, with a warning that gives the reason. */
  | { readonly kind: "ignored"; readonly because: string }
  /** An error that says what to use instead, unless the value is harmless. */
  | { readonly kind: "refused"; readonly instead: string; readonly harmless: (text: string) => boolean };

/** Translates an old value into the text that our setting takes. */
export interface Conversion {
  /** The translation in words, for the documentation. */
  readonly says: string;
  /** Undefined when the text is none that the old program took. */
  readonly text: (former: string) => string | undefined;
  /** Completes "expected …" in that case. */
  readonly form: string;
}

/** A boolean that became a text or a number. */
export function switchTo(on: string, off: string): Conversion {
  const text = (former: string) => {
    const value = readBoolean(former);
    return value === undefined ? undefined : value ? on : off;
  };
  return { says: `true becomes ${on}, false becomes ${off === "" ? "nothing" : off}`, text, form: "true or false" };
}

/** A port on which the old program listened on every address. */
export const PORT_TO_LISTEN: Conversion = {
  says: "the port on every address",
  text: (former) => {
    const port = readInteger(former);
    return port !== undefined && port >= 1 && port <= 65535 ? `0.0.0.0:${port}` : undefined;
  },
  form: "a whole number from 1 to 65535",
};

/** Takes a value given under an old name to where it belongs. */
export function takeFormer(into: Gathered, former: FormerName, name: string, raw: RawValue, origin: Origin): void {
  const { becomes } = former;
  const text = rawText(raw);
  switch (becomes.kind) {
    case "setting": {
      if (becomes.convert === undefined) {
        into.entries.push({ target: becomes.path, raw, origin });
        return;
      }
      const converted = becomes.convert.text(text);
      if (converted === undefined) {
        into.problems.push({ setting: name, origin, found: printable(text), expected: becomes.convert.form });
      } else {
        into.entries.push({ target: becomes.path, raw: textWord(converted), origin });
      }
      return;
    }
    case "part":
      into.entries.push({ target: becomes.part, raw, origin });
      return;
    case "ignored":
      if (text !== "" && readBoolean(text) !== false) into.ignored.push({ name, origin, because: becomes.because });
      return;
    case "refused":
      if (!becomes.harmless(text)) into.problems.push({ setting: name, origin, expected: becomes.instead });
      return;
  }
}
