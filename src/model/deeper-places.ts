import { z } from "zod";
import { flowText } from "./flow-text.ts";
import type { Json, JsonObject } from "./json.ts";
import { type Shape, shapeOf, within } from "./shapes.ts";

/** So many levels below an object a field of the name is looked for. */
const DEEPEST = 3;
/** Of more places nobody knows which was meant. */
const MOST = 4;

/** A field below an object. */
interface Deeper {
  readonly field: z.core.$ZodType;
  /** The fields on the way to it, the outermost first. */
  readonly way: readonly [Step, ...Step[]];
}

interface Step {
  readonly name: string;
  readonly field: z.core.$ZodType;
  readonly isOptional: boolean;
  readonly isList: boolean;
}

/**
 * The places nearest below an object that have a field of this name, each as what to write, such as `match: {exact: a}`. Of several those whose
 * first field is there already, else those that can have the value, else those whose first field must be there.
 */
export function deeperPlaces({ shape, object }: { shape: Shape; object: JsonObject }, key: string): readonly string[] {
  const value = object[key] as Json;
  const filters = [
    ({ way: [first] }: Deeper) => Object.hasOwn(object, first.name),
    ({ field }: Deeper) => z.safeParse(field, value).success,
    ({ way: [first] }: Deeper) => !first.isOptional,
  ];
  const possible = nearestBelow(shape, key).filter(({ way }) => isEnough(way, key, value));
  const places = filters.reduce((all, filter) => (all.some(filter) ? all.filter(filter) : all), possible);
  if (places.length > MOST) return [];
  return places.map(({ way }) =>
    way.reduceRight(
      (inner, { name, isList }) => (isList ? `${name}: [{${inner}}]` : `${name}: {${inner}}`),
      `${key}: ${flowText(value)}`,
    ),
  );
}

/** Entries of lists are written whole: none is suggested that needs more than this. */
function isEnough(way: Deeper["way"], key: string, value: Json): boolean {
  if (!way.some(({ isList }) => isList)) return true;
  const [{ name, field }] = way;
  const whole = way.reduceRight<JsonObject>((inner, step) => ({ [step.name]: step.isList ? [inner] : inner }), {
    [key]: value,
  });
  return z.safeParse(field, whole[name]).success;
}

/** Level by level; those of the first level that has any. */
function nearestBelow(shape: Shape, key: string): readonly Deeper[] {
  let level: readonly { readonly shape: Shape; readonly way: readonly Step[] }[] = [{ shape, way: [] }];
  for (let depth = 0; depth < DEEPEST; depth++) {
    const below = level.flatMap(({ shape: fields, way }) =>
      Object.entries(fields).flatMap(([name, field]) => {
        const { schema, isOptional, isList } = within(field);
        const inner = shapeOf(schema);
        const step: Step = { name, field, isOptional, isList };
        const [first, ...rest] = way;
        const longer: Deeper["way"] = first === undefined ? [step] : [first, ...rest, step];
        return inner === undefined ? [] : [{ shape: inner, way: longer }];
      }),
    );
    const found = below.flatMap(({ shape: fields, way }) => {
      const field = Object.hasOwn(fields, key) ? fields[key] : undefined;
      return field === undefined ? [] : [{ field, way }];
    });
    if (found.length > 0) return found;
    level = below;
  }
  return [];
}
