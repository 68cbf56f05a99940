import type { Environment } from "../model/environment.ts";
import { ConfigurationError, type SettingProblem } from "./configuration-error.ts";
import { inconsistencies } from "./consistency.ts";
import type { FlagValues } from "./flags.ts";
import { joinImages } from "./former/images.ts";
import { joinTracing } from "./former/tracing.ts";
import { fromEnvironment } from "./from-environment.ts";
import { fromFile } from "./from-file.ts";
import { fromFlags } from "./from-flags.ts";
import { type Entry, type Gathered, type Ignored, nothingGathered } from "./gathered.ts";
import { describeOrigin, type Origin } from "./origin.ts";
import { printableRaw, readValue } from "./raw-value.ts";
import { type Configuration, configuration } from "./schema.ts";
import { nested, type SettingValue } from "./setting-type.ts";
import { SETTINGS, type SettingPath } from "./sources.ts";
import { settingsWithoutEffect } from "./without-effect.ts";

/** Everything that a configuration is made of, as data; precedence rises from file to flags. */
export interface ConfigurationSources {
  /** Content of the configuration file, as `readConfigurationFile` returns it. */
  readonly file?: { readonly path: string; readonly text: string } | undefined;
  /** Normally `process.env`. */
  readonly environment: Environment;
  /** As `configurationFlags(command)` returns them. */
  readonly flags: FlagValues;
}

export interface LoadedConfiguration {
  readonly configuration: Configuration;
  /** Origin of every setting's value. */
  readonly origins: ReadonlyMap<SettingPath, Origin>;
  /** For standard error: what was ignored or has no effect, one sentence each, without a full stop. */
  readonly warnings: readonly string[];
}

/**
 * The effective configuration out of defaults, file, environment and flags. Pure. Throws a ConfigurationError
 * (`invalid`) that lists all problems of all sources, those of overridden values included.
 */
export function loadConfiguration({ file, environment, flags }: ConfigurationSources): LoadedConfiguration {
  const gathered = nothingGathered();
  if (file !== undefined) gather(gathered, fromFile(file));
  gather(gathered, fromEnvironment(environment));
  gather(gathered, fromFlags(flags));
  const entries = joinTracing(joinImages(gathered.entries.splice(0)));
  gather(gathered, entries);

  const chosen = choose(gathered);
  const whole = configuration(nested(chosen.values));
  const origins = new Map<SettingPath, Origin>(
    SETTINGS.map(({ path }) => [path, chosen.origins.get(path) ?? { source: "default" }]),
  );
  const problems = [...gathered.problems, ...inconsistencies(whole, origins, chosen.unreadable)];
  if (problems.length > 0) throw new ConfigurationError("invalid", problems);
  return {
    configuration: whole,
    origins,
    warnings: [...gathered.warnings, ...ignoredTogether(gathered.ignored), ...withoutEffect(whole, origins)],
  };
}

function gather(into: Gathered, from: Gathered): void {
  into.entries.push(...from.entries);
  into.problems.push(...from.problems);
  into.ignored.push(...from.ignored);
  into.warnings.push(...from.warnings);
}

interface Chosen {
  readonly values: ReadonlyMap<SettingPath, SettingValue>;
  readonly origins: ReadonlyMap<SettingPath, Origin>;
  /** Settings with a value that could not be read; nothing more can be said about them. */
  readonly unreadable: ReadonlySet<string>;
}

/** Reads every value, also overridden ones, and lets the last one stand. */
function choose({ entries, problems }: Gathered): Chosen {
  const values = new Map<SettingPath, SettingValue>();
  const origins = new Map<SettingPath, Origin>();
  const unreadable = new Set<string>();
  for (const { target, raw, origin } of entries as readonly Entry<SettingPath>[]) {
    const reading = readValue(target, raw);
    if ("expected" in reading) {
      unreadable.add(target);
      problems.push({ setting: target, origin, found: printableRaw(raw), expected: reading.expected });
      continue;
    }
    const before = origins.get(target);
    if (before !== undefined && contradicts(before, origin, values.get(target), reading.value)) {
      problems.push(contradiction(target, before, origin));
    }
    values.set(target, reading.value);
    origins.set(target, origin);
  }
  return { values, origins, unreadable };
}

/**
 * Two names for one setting within the file or the command line must agree. Within the environment they need not: there
 * some names are set by others (`AWS_REGION`), and their order is documented.
 */
function contradicts(a: Origin, b: Origin, first: SettingValue | undefined, second: SettingValue): boolean {
  return a.source === b.source && a.source !== "environment" && JSON.stringify(first) !== JSON.stringify(second);
}

function contradiction(setting: SettingPath, before: Origin, origin: Origin): SettingProblem {
  const found = `another value than at ${describeOrigin(before)}`;
  return { setting, origin, found, expected: "one value, under one of its names" };
}

function withoutEffect(whole: Configuration, origins: ReadonlyMap<SettingPath, Origin>): string[] {
  return settingsWithoutEffect(whole).map(({ path, sentence }) => {
    return `${describeOrigin(origins.get(path) ?? { source: "default" })}: ${sentence}`;
  });
}

/** One warning for each reason: a whole values file of the old chart should not scroll the screen away. */
function ignoredTogether(ignored: readonly Ignored[]): string[] {
  const reasons = Map.groupBy(ignored, ({ because }) => because);
  return [...reasons].map(([because, names]) => {
    const what = names.map(({ name, origin }) => `${describeOrigin(origin)}${name === "" ? "" : `: ${name}`}`);
    return `${what.join(", ")}: no effect, because ${because}`;
  });
}
