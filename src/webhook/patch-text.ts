import type { PatchOperation } from "../inject/json-patch.ts";
import { isObject, type Json } from "../model/json.ts";
import { RecentValues } from "../model/recent-values.ts";

/** Strings from here on are escaped once and kept: Envoy's bootstrap is JSON inside JSON, ten kilobytes full of quotes. */
const LONG = 200;

/** Text that `JSON.stringify` puts out as it is (ECMAScript proposal JSON.parse source text access; in Node.js since 21). */
type RawText = { readonly rawJSON: string };
const { rawJSON } = JSON as unknown as { rawJSON: (text: string) => RawText };

const ESCAPED = new RecentValues<RawText>();

/**
 * The operations as JSON text, the same as `JSON.stringify` gives. Two thirds of what that costs goes into escaping long
 * strings, which are the same for all pods of a Deployment.
 */
export function patchText(operations: readonly PatchOperation[]): string {
  return JSON.stringify(operations.map(withEscaped));
}

/** The value with its long strings escaped beforehand; itself where it has none. */
function withEscaped(value: unknown): unknown {
  if (typeof value === "string") return value.length < LONG ? value : escaped(value);
  if (Array.isArray(value)) return withEscapedElements(value);
  return isObject(value) ? withEscapedMembers(value) : value;
}

function withEscapedElements(list: readonly unknown[]): readonly unknown[] {
  let copy: unknown[] | undefined;
  for (const [index, element] of list.entries()) {
    const next = withEscaped(element);
    if (next === element) continue;
    copy ??= [...list];
    copy[index] = next;
  }
  return copy ?? list;
}

function withEscapedMembers(object: { readonly [key: string]: Json }): unknown {
  let copy: Record<string, unknown> | undefined;
  for (const key of Object.keys(object)) {
    const next = withEscaped(object[key]);
    if (next === object[key]) continue;
    copy ??= { ...object };
    copy[key] = next;
  }
  return copy ?? object;
}

function escaped(text: string): RawText {
  return ESCAPED.get(
    text,
    () => rawJSON(JSON.stringify(text)),
    (raw) => raw.rawJSON.length,
  );
}
