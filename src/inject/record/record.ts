import { isObject, type Json, type JsonObject, member, objectOf, stringOf } from "../../model/json.ts";
import { RECORD_KEY } from "../../model/names.ts";
import { pointer, pointerTokens } from "../json-patch.ts";

/** Version of the record's format. A record of another version is not guessed at. */
const RECORD_VERSION = 1;
/** Longest record that is read: whatever fits into a pod's annotations. Ours have a few kilobytes. */
const LONGEST_RECORD = 262_144;
/** Longest list in which elements are looked for: no pod can run more, and a hostile one has thousands of entries to look for. */
const LONGEST_LIST = 4096;

/**
 * What injection did to a pod, kept in the annotation `outrigger.dev/injected`, so that it can be recognised and undone.
 * Pointers are JSON pointers in which a list element is named by its key instead of its position, `/spec/containers/name=web`,
 * because other webhooks move positions; of several elements with one key the last is meant.
 */
export interface InjectionRecord {
  readonly version: typeof RECORD_VERSION;
  /** Version of Outrigger that injected. */
  readonly release: string;
  /** Hash of the configuration it went by. */
  readonly configuration: string;
  /** `mesh/<mesh>/virtualNode/<node>`. */
  readonly resource: string;
  /** Members and elements that were added. */
  readonly created: readonly string[];
  /** Objects and lists that had to be made for them; removed with the last thing in them. */
  readonly parents: readonly string[];
  /** Scalars that were replaced or removed, with their old values; the command of a probe, which is a list, as JSON. */
  readonly replaced: Readonly<Record<string, string | number | boolean | null>>;
}

export type RecordReading =
  | { readonly kind: "absent" }
  | { readonly kind: "fits"; readonly record: InjectionRecord }
  | { readonly kind: "mismatch"; readonly problem: string };

/** Reads the record of a pod and holds it against the pod: everything that it lists must be there. */
export function readRecord(pod: JsonObject): RecordReading {
  const value = member(member(member(pod, "metadata"), "annotations"), RECORD_KEY);
  if (value === undefined) return { kind: "absent" };
  const record = parseRecord(value);
  if (typeof record === "string") return { kind: "mismatch", problem: `annotation ${RECORD_KEY} ${record}` };
  const missing = [...record.created, ...record.parents].find(
    (place) => locate(pod, place) === undefined && !wentWithItsProbe(pod, place),
  );
  if (missing === undefined) return { kind: "fits", record };
  return { kind: "mismatch", problem: `annotation ${RECORD_KEY} lists ${missing}, which the pod does not have` };
}

/** A probe that we pointed elsewhere was taken out of the pod as a whole, as `kubectl debug --copy-to` does: nothing is left to undo. */
function wentWithItsProbe(pod: JsonObject, place: string): boolean {
  const probe = pointerTokens(place).slice(0, 4);
  return /^(startup|liveness|readiness)Probe$/.test(probe[3] ?? "") && locate(pod, pointer(...probe)) === undefined;
}

export function recordText(record: InjectionRecord): string {
  return JSON.stringify(record);
}

export function newRecord(parts: Omit<InjectionRecord, "version">): InjectionRecord {
  return { version: RECORD_VERSION, ...parts };
}

export interface Location {
  /** The pointer with positions, as a patch needs it. */
  readonly path: string;
  readonly value: Json;
}

/** Where a keyed pointer leads in this document; undefined when there is nothing. */
export function locate(document: Json, keyed: string): Location | undefined {
  let value: Json = document;
  const tokens: (string | number)[] = [];
  for (const token of pointerTokens(keyed)) {
    const step = stepInto(value, token);
    if (step === undefined) return undefined;
    tokens.push(step.token);
    value = step.value;
  }
  return { path: pointer(...tokens), value };
}

function stepInto(value: Json, token: string): { token: string | number; value: Json } | undefined {
  if (Array.isArray(value)) {
    const list = value as readonly Json[];
    const separator = token.indexOf("=");
    if (separator < 0 || list.length > LONGEST_LIST) return undefined;
    const key = token.slice(0, separator);
    const wanted = token.slice(separator + 1);
    const index = list.findLastIndex((element) => stringOf(member(element, key)) === wanted);
    return index < 0 ? undefined : { token: index, value: list[index] as Json };
  }
  const next = member(value, token);
  return next === undefined ? undefined : { token, value: next };
}

function parseRecord(value: Json): InjectionRecord | string {
  if (typeof value !== "string") return "is not a string";
  if (value.length > LONGEST_RECORD) return `has ${value.length} characters, more than a record can have`;
  let json: Json;
  try {
    json = JSON.parse(value) as Json;
  } catch {
    return "is not JSON";
  }
  if (!isObject(json)) return "is not a JSON object";
  if (json["version"] !== RECORD_VERSION)
    return `has the format version ${JSON.stringify(json["version"])}, expected ${RECORD_VERSION}`;
  const created = pointers(json["created"]);
  const parents = pointers(json["parents"]);
  const replaced = objectOf(json["replaced"]);
  if (
    created === undefined ||
    parents === undefined ||
    !Object.keys(replaced).every((key) => key.startsWith("/")) ||
    !Object.values(replaced).every(isScalar)
  ) {
    return "does not list what was created and replaced";
  }
  return {
    version: RECORD_VERSION,
    release: stringOf(json["release"]) ?? "",
    configuration: stringOf(json["configuration"]) ?? "",
    resource: stringOf(json["resource"]) ?? "",
    created,
    parents,
    replaced: replaced as InjectionRecord["replaced"],
  };
}

function pointers(value: Json | undefined): readonly string[] | undefined {
  if (!Array.isArray(value)) return undefined;
  const list = value as readonly Json[];
  return list.every((entry) => typeof entry === "string" && entry.startsWith("/"))
    ? (list as readonly string[])
    : undefined;
}

function isScalar(value: Json): value is string | number | boolean | null {
  return value === null || typeof value !== "object";
}
