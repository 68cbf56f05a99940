import { z } from "zod";
import { deeperPlaces } from "./deeper-places.ts";
import { flowMembers, flowText } from "./flow-text.ts";
import { formerField } from "./former-fields.ts";
import { isObject, type Json, type JsonObject } from "./json.ts";
import { type Nearness, nearestOnes } from "./nearest.ts";
import { type Shape, shapeOf, within } from "./shapes.ts";

/** Longer names are not compared, nor shown whole. */
export const LONGEST_FIELD = 64;
/** At most a third of a field's letters may be wrong. */
const NEARNESS: Nearness = { longest: LONGEST_FIELD, oneIn: 3, always: 1 };
/** Shorter words are part of many fields by chance. */
const SHORTEST_PART = 4;

/** Of more names nobody knows which was meant. */
const MOST_NAMES = 3;

/** An object with the fields that may stand in it. */
export interface FieldPlace {
  readonly shape: Shape;
  readonly object: JsonObject;
  /** Empty: the object as a whole. */
  readonly path: string;
}

/** What helps with a field that is not known where it stands. */
export interface FieldHint {
  /** Undefined: nothing like it is known. */
  readonly help: string | undefined;
  /** Known fields beside it that were perhaps meant. */
  readonly meant: readonly string[];
  /** It is a field of an object above, and says nothing here. */
  readonly belongsAbove: boolean;
  /** Names of the unknown fields beside it that the same help is for. */
  readonly together: readonly string[];
}

const NOTHING: FieldHint = { help: undefined, meant: [], belongsAbove: false, together: [] };

/** What was probably meant by an unknown field; `above` are the objects around it, the outermost first. */
export function fieldHint(here: FieldPlace, key: string, above: readonly FieldPlace[]): FieldHint {
  const value = here.object[key] as Json;
  return (
    texts(here, value) ??
    meant(here, key, sameButCase(here, key)) ??
    write(formerField(here.shape, key, value)) ??
    write(membersOf(here, value)) ??
    write(...deeperPlaces(here, key)) ??
    elsewhere(above, key) ??
    meant(here, key, nearestOnes(key, Object.keys(here.shape), NEARNESS)) ??
    meant(here, key, withPart(here, key)) ??
    nearElsewhere(here, key, above) ??
    NOTHING
  );
}

function write(...choices: readonly (string | undefined)[]): FieldHint | undefined {
  const known = choices.filter((choice) => choice !== undefined);
  return known.length === 0 ? undefined : { ...NOTHING, help: `write ${known.join(", or ")}` };
}

/** Labels straight in an object that has a field for texts by key. */
function texts({ shape, object }: FieldPlace, value: Json): FieldHint | undefined {
  const field = Object.keys(shape).find((name) => within(shape[name]).schema instanceof z.ZodRecord);
  if (field === undefined) return undefined;
  const known = isObject(object[field]) ? object[field] : {};
  if (isObject(value)) {
    const inner = Object.entries(value);
    if (inner.length === 0 || !inner.every(([, entry]) => isScalar(entry))) return undefined;
    return write(`${field}: ${flowText({ ...known, ...asTexts(inner) })}`);
  }
  if (!isScalar(value)) return undefined;
  const straight = Object.entries(object).filter(([key, entry]) => !Object.hasOwn(shape, key) && isScalar(entry));
  const help = `write ${field}: ${flowText({ ...known, ...asTexts(straight) })}`;
  return { ...NOTHING, help, together: straight.map(([key]) => key) };
}

function isScalar(value: Json): boolean {
  return typeof value === "string" || typeof value === "number" || typeof value === "boolean";
}

function asTexts(entries: readonly (readonly [string, Json])[]): JsonObject {
  return Object.fromEntries(
    entries.map(([key, value]) => [key, typeof value === "string" ? value : JSON.stringify(value)]),
  );
}

/** What stands one level too deep: all members of the value are known where its field is not. */
function membersOf({ shape }: FieldPlace, value: Json): string | undefined {
  if (!isObject(value)) return undefined;
  const keys = Object.keys(value);
  return keys.length > 0 && keys.every((key) => Object.hasOwn(shape, key)) ? flowMembers(value) : undefined;
}

function elsewhere(above: readonly FieldPlace[], key: string): FieldHint | undefined {
  const place = above.findLast(({ shape }) => Object.hasOwn(shape, key));
  if (place === undefined) return undefined;
  return { ...NOTHING, help: `move it to ${place.path === "" ? key : `${place.path}.${key}`}`, belongsAbove: true };
}

/** Fields of nearly that name one level below, else above. */
function nearElsewhere({ shape }: FieldPlace, key: string, above: readonly FieldPlace[]): FieldHint | undefined {
  const below = Object.entries(shape).flatMap(([name, field]) =>
    nearestOnes(key, Object.keys(shapeOf(within(field).schema) ?? {}), NEARNESS).map((one) => `${name}.${one}`),
  );
  const outside = above
    .toReversed()
    .flatMap(({ shape: fields, path }) =>
      nearestOnes(key, Object.keys(fields), NEARNESS).map((one) => (path === "" ? one : `${path}.${one}`)),
    );
  const names = below.length > 0 ? below : outside.slice(0, 1);
  if (names.length === 0 || names.length > MOST_NAMES) return undefined;
  return { ...NOTHING, help: `perhaps ${names.join(" or ")} was meant` };
}

function sameButCase({ shape }: FieldPlace, key: string): readonly string[] {
  return Object.keys(shape).filter((name) => name.toLowerCase() === key.toLowerCase());
}

/** The shortest fields that begin or end with the word. */
function withPart({ shape }: FieldPlace, key: string): readonly string[] {
  if (key.length < SHORTEST_PART || key.length > LONGEST_FIELD) return [];
  const part = key.toLowerCase();
  const longer = Object.keys(shape).filter((name) => {
    const field = name.toLowerCase();
    return field.startsWith(part) || field.endsWith(part);
  });
  const shortest = Math.min(...longer.map(({ length }) => length));
  return longer.filter(({ length }) => length === shortest);
}

/** Of several those that are not there yet and can have the value, where there are any. */
function meant({ shape, object }: FieldPlace, key: string, names: readonly string[]): FieldHint | undefined {
  const value = object[key] as Json;
  const filters = [
    (name: string) => !Object.hasOwn(object, name),
    (name: string) => z.safeParse(shape[name] as z.core.$ZodType, value).success,
  ];
  const left = filters.reduce((all, filter) => (all.some(filter) ? all.filter(filter) : all), names);
  if (left.length === 0) return undefined;
  return { ...NOTHING, help: `perhaps ${left.join(" or ")} was meant`, meant: left };
}
