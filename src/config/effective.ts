import { Document, isMap, isPair, Scalar, visit } from "yaml";
import type { LoadedConfiguration } from "./load.ts";
import { describeOrigin, type Origin } from "./origin.ts";
import { printable } from "./printable.ts";
import { type SettingValue, textOf, valueAt } from "./setting-type.ts";
import { SETTINGS, type SettingPath } from "./sources.ts";

/** YAML that is a configuration file itself: read again, it gives the same configuration. Origins are comments. */
export function effectiveYaml({ configuration, origins }: LoadedConfiguration): string {
  const document = new Document(configuration);
  visit(document, {
    Pair(_key, pair, ancestors) {
      const keys = [...ancestors.filter(isPair), pair].map(({ key }) => (key instanceof Scalar ? key.value : key));
      const origin = origins.get(keys.join(".") as SettingPath);
      if (origin === undefined || isMap(pair.value)) return;
      const value = pair.value as { comment?: string; flow?: boolean };
      value.flow = true;
      value.comment = ` ${describeOrigin(origin)}`;
    },
  });
  return document.toString({ lineWidth: 0, flowCollectionPadding: false });
}

/** For programs: the configuration as it is, and the origin of each setting by its path. */
export function effectiveJson({ configuration, origins }: LoadedConfiguration): string {
  const from: Record<string, Origin> = Object.fromEntries(origins);
  return `${JSON.stringify({ configuration, origins: from }, null, 2)}\n`;
}

/** For people: one line for each setting, with its value and its origin. */
export function effectiveTable({ configuration, origins }: LoadedConfiguration): string {
  const rows = SETTINGS.map(({ path }) => [
    path,
    shown(valueAt(configuration, path)),
    describeOrigin(origins.get(path) ?? { source: "default" }),
  ]);
  const header = ["SETTING", "VALUE", "ORIGIN"];
  const widths = [0, 1].map((column) => Math.max(...[header, ...rows].map((row) => row[column]?.length ?? 0)));
  const line = (row: readonly string[]) =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join("  ")
      .trimEnd();
  return `${[header, ...rows].map(line).join("\n")}\n`;
}

function shown(value: SettingValue): string {
  if (typeof value === "string") return value === "" || /[\s"\p{Cc}]/u.test(value) ? printable(value) : value;
  return textOf(value);
}
