import { createHash } from "node:crypto";
import type { Configuration } from "../../config/schema.ts";
import { type Json, member } from "../../model/json.ts";

const HASHES = new WeakMap<Configuration, string>();

/** Twelve hexadecimal digits that change with whatever bears on sidecars; the settings of webhook and control plane themselves, and of what they write, do not. */
export function configurationHash(configuration: Configuration): string {
  const known = HASHES.get(configuration);
  if (known !== undefined) return known;
  const { webhook: _webhook, controlPlane: _controlPlane, log: _log, arn: _arn, ...relevant } = configuration;
  const text = canonical(relevant as unknown as Json);
  const hash = createHash("sha256").update(text).digest("hex").slice(0, 12);
  HASHES.set(configuration, hash);
  return hash;
}

/** JSON with sorted keys. */
function canonical(value: Json): string {
  if (Array.isArray(value)) return `[${(value as readonly Json[]).map(canonical).join(",")}]`;
  if (typeof value !== "object" || value === null) return JSON.stringify(value);
  const keys = Object.keys(value).sort();
  return `{${keys.map((key) => `${JSON.stringify(key)}:${canonical(member(value, key) as Json)}`).join(",")}}`;
}
