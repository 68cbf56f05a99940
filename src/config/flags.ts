import { type Command, Option } from "commander";
import { FORMER_FLAGS } from "./former/names.ts";
import { goStyle } from "./go-style.ts";
import { type SettingType, typeOf } from "./setting-type.ts";
import { SECTIONS, SETTINGS, type Section } from "./sources.ts";

/** Flag values as they were given, by the name of the flag without dashes. */
export type FlagValues = Readonly<Record<string, unknown>>;

export interface FlagOptions {
  /** Sections whose flags help shows; all others are accepted, but not shown. Without it all are shown. */
  readonly sections?: readonly Section[];
}

const HEADINGS: Readonly<Record<Section, string>> = {
  general: "Injection:",
  proxy: "Sidecar (proxy):",
  capture: "Redirection of traffic (capture):",
  tracing: "Tracing:",
  stats: "Statistics:",
  sds: "Certificates (sds):",
  webhook: "Webhook:",
  controlPlane: "Control plane:",
  arn: "ARNs of App Mesh objects (arn):",
  log: "Logging:",
};

const GIVEN = new WeakMap<Command, Map<string, string>>();

/**
 * Adds a flag for every setting to a command, and the flags of the two old programs, which help does not show. Define
 * the command's own options before: a flag that it already has stays the command's. `configurationFlags(command)`
 * returns what was given. Like in Go, where the old flags come from, a boolean flag may stand alone or be
 * `--flag=false`, one dash is as good as two, and of a repeated flag the last one counts.
 */
export function addConfigurationFlags(command: Command, { sections = SECTIONS }: FlagOptions = {}): Command {
  const given = new Map<string, string>();
  GIVEN.set(command, given);
  const added = new Map<string, Option>();
  const add = (name: string, placeholder: string, says: string, section?: Section): void => {
    const option = new Option(`--${name} ${placeholder}`, says);
    if (added.has(name) || command.options.some(({ long }) => long === option.long)) return;
    option.argParser((text: string) => {
      given.set(name, text);
      return text;
    });
    if (section !== undefined && sections.includes(section)) option.helpGroup(HEADINGS[section]);
    else option.hideHelp();
    command.addOption(option);
    added.set(name, option);
  };

  for (const { path, flag, flagByRule, section, says } of SETTINGS) {
    const type = typeOf(path);
    add(flag, placeholderOf(type), sayingChoices(says, type), section);
    add(flagByRule, placeholderOf(type), says);
  }
  for (const [flag, { onOff }] of FORMER_FLAGS) add(flag, onOff ? "[boolean]" : "<text>", "");
  const parse = command.parseOptions.bind(command);
  command.parseOptions = (words) => parse(goStyle(words, command.options, new Set(added.values())));
  return command;
}

/** The configuration flags that were given to a command, for `loadConfiguration({ flags })`; call it after parsing. */
export function configurationFlags(command: Command): FlagValues {
  return Object.fromEntries(GIVEN.get(command) ?? []);
}

/** Longer lists of choices would push all descriptions aside; they follow the description instead. */
const LONGEST_PLACEHOLDER = 28;

function placeholderOf({ takes, choices }: SettingType): string {
  if (choices !== undefined) {
    const placeholder = `<${choices.filter(Boolean).join("|")}>`;
    return placeholder.length > LONGEST_PLACEHOLDER ? "<word>" : placeholder;
  }
  switch (takes) {
    case "text":
      return "<text>";
    case "boolean":
      return "[boolean]";
    case "integer":
      return "<number>";
    case "texts":
    case "integers":
      return "<list>";
    case "maps":
      return "<json>";
  }
}

function sayingChoices(says: string, type: SettingType): string {
  return placeholderOf(type) === "<word>" ? `${says} (${type.choices?.join(", ")})` : says;
}
