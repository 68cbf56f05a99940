import fc from "fast-check";
import { isObject, type Json, type JsonObject } from "../../src/model/json.ts";

const PREFIX = "planted.example/";
/** Maps of text in the API: anything else there is a mistake that is denied, not a field that we do not know. */
const TEXT_MAPS: ReadonlySet<string> = new Set(["annotations", "labels"]);

/** A copy of the pod with fields that nobody knows in about a third of its objects, each under a name of its own. */
export function plantFields(pod: JsonObject, gen: fc.GeneratorValue): JsonObject {
  let count = 0;

  function copy(value: Json, key: string): Json {
    if (Array.isArray(value)) return value.map((element: Json) => copy(element, key));
    if (!isObject(value)) return value;
    const entries = Object.entries(value).map(([name, member]): [string, Json] => [name, copy(member, name)]);
    if (gen(fc.nat, { max: 2 }) === 0) {
      const planted = TEXT_MAPS.has(key) ? gen(fc.string) : (gen(fc.jsonValue, { maxDepth: 2 }) as Json);
      entries.splice(gen(fc.nat, { max: entries.length }), 0, [`${PREFIX}${count++}`, planted]);
    }
    return Object.fromEntries(entries);
  }

  return copy(pod, "") as JsonObject;
}

/** The planted fields of a pod by their places, in which list elements go by their name where they have one. */
export function plantedIn(pod: JsonObject): Readonly<Record<string, Json>> {
  const found: Record<string, Json> = {};

  function visit(value: Json, place: string): void {
    if (Array.isArray(value)) {
      for (const [index, element] of (value as readonly Json[]).entries())
        visit(element, `${place}[${label(element, index)}]`);
    } else if (isObject(value)) {
      for (const [key, member] of Object.entries(value)) {
        if (key.startsWith(PREFIX)) found[`${place}.${key}`] = member;
        else visit(member, `${place}.${key}`);
      }
    }
  }

  visit(pod, "");
  return found;
}

function label(element: Json, index: number): string {
  return isObject(element) && typeof element.name === "string" ? element.name : String(index);
}
