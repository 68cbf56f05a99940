import { isObject, type Json, listOf, member, stringOf } from "../src/model/json.ts";
import { RECORD_KEY } from "../src/model/names.ts";

/** Members that name an element of a list, in the order in which they are tried. */
const NAMING = ["name", "mountPath", "conditionType", "tag_name", "path"];

/**
 * Every scalar, empty list and empty object of a document by its path: `/spec/containers/envoy/image`. Elements of lists
 * stand under their names where they have one, so that one more in front moves nobody. Texts that are JSON themselves, the
 * record and Envoy's bootstrap, are opened up.
 */
export function leaves(document: Json): ReadonlyMap<string, Json> {
  const found = new Map<string, Json>();
  collect(document, "", found);
  return found;
}

/** The paths at which two documents differ. */
export function differingLeaves(a: Json, b: Json): readonly string[] {
  const left = leaves(a);
  const right = leaves(b);
  return [...new Set([...left.keys(), ...right.keys()])].filter(
    (path) => JSON.stringify(left.get(path)) !== JSON.stringify(right.get(path)),
  );
}

function collect(value: Json, path: string, into: Map<string, Json>): void {
  const opened = open(value, path);
  if (opened !== undefined) {
    collect(opened, `${path}!`, into);
    return;
  }
  const children = childrenOf(value);
  if (children.length === 0) into.set(path, value);
  for (const [key, child] of children) collect(child, `${path}/${key}`, into);
}

function open(value: Json, path: string): Json | undefined {
  if (typeof value !== "string") return undefined;
  const isJson = path.endsWith(`/${RECORD_KEY}`) || (path.endsWith("/args/1") && value.startsWith('{"node"'));
  return isJson ? (JSON.parse(value) as Json) : undefined;
}

function childrenOf(value: Json): readonly (readonly [string, Json])[] {
  if (isObject(value)) return Object.entries(value);
  const names = new Map<string, number>();
  return listOf(value).map((element, index) => {
    const name = NAMING.map((key) => stringOf(member(element, key))).find((text) => text !== undefined);
    if (name === undefined) return [String(index), element];
    const count = names.get(name) ?? 0;
    names.set(name, count + 1);
    return [count === 0 ? name : `${name}#${count}`, element];
  });
}
