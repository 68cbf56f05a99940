import type { Command } from "commander";
import type { Section } from "./sources.ts";

/** Flag values as they were given, by the name of the flag without dashes. */
export type FlagValues = Readonly<Record<string, unknown>>;

export interface FlagOptions {
  /** Sections whose flags help shows; all others are accepted, but not shown. Without it all are shown. */
  readonly sections?: readonly Section[];
}

/**
 * Adds a flag for every setting, and the old names, to a command. Define the command's own options before: a flag
 * that it already has stays the command's. Then `configurationFlags(command)` returns what was given.
 */
export function addConfigurationFlags(command: Command, _options: FlagOptions = {}): Command {
  return command;
}

/** The configuration flags given to a command, for `loadConfiguration({ flags })`. */
export function configurationFlags(_command: Command): FlagValues {
  return {};
}
