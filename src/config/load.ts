import type { FlagValues } from "./flags.ts";
import type { Origin } from "./origin.ts";
import { type Configuration, configuration } from "./schema.ts";
import type { SettingPath } from "./sources.ts";

/** Everything that a configuration is made of, as data; precedence rises from file to flags. */
export interface ConfigurationSources {
  /** Content of the configuration file, as `readConfigurationFile` returns it. */
  readonly file?: { readonly path: string; readonly text: string } | undefined;
  /** Normally `process.env`. */
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** As `configurationFlags(command)` returns them. */
  readonly flags: FlagValues;
}

export interface LoadedConfiguration {
  readonly configuration: Configuration;
  /** Origin of every setting's value. */
  readonly origins: ReadonlyMap<SettingPath, Origin>;
  /** For standard error: what was ignored or has no effect, one sentence each. */
  readonly warnings: readonly string[];
}

/**
 * The effective configuration out of defaults, file, environment and flags. Pure. Throws a ConfigurationError that
 * lists all problems of all sources, those of overridden values included.
 */
export function loadConfiguration(_sources: ConfigurationSources): LoadedConfiguration {
  return { configuration: configuration({}), origins: new Map(), warnings: [] };
}
