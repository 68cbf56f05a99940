import {
  isAlias,
  isMap,
  isNode,
  isScalar,
  isSeq,
  type Pair,
  type ParsedNode,
  visit,
  type YAMLMap,
  type YAMLSeq,
} from "yaml";
import { applyPatch, PatchError, type PatchOperation, pointer, pointerTokens } from "../inject/json-patch.ts";
import { isObject, type Json } from "../model/json.ts";

/** A collection of the input that operations reach into: what becomes of each of its entries. */
export interface Touched {
  readonly node: YAMLMap.Parsed | YAMLSeq.Parsed;
  /** In the order of the result; an entry of the input that is in no slot is removed. */
  slots: Slot[];
}

export type Slot =
  /** `key` is the new name of an entry whose place another one takes. */
  | { readonly kind: "kept"; readonly index: number; readonly key?: string; child?: Touched }
  | { readonly kind: "replaced"; readonly index: number; readonly key?: string; value: Json }
  /** `key` is empty in a list. */
  | { readonly kind: "new"; readonly key: string; value: Json };

/** The text cannot be edited at this place (an alias, an anchor that others use, a merged key): it must be rendered again. */
export class NotEditable extends Error {
  override readonly name = "NotEditable";
}

/**
 * Notes what the operations, applied in order, do to the collections of a document, without changing them. A member
 * that is added to a map directly after one was removed from it takes the place of that one: see {@link successor}.
 * Throws {@link NotEditable} where sharing within the document makes an edit of the text impossible, and
 * {@link PatchError} where an operation does not fit.
 */
export function overlay(root: ParsedNode, operations: readonly PatchOperation[]): Touched {
  const shared = sharedAnchors(root);
  const top = touch(root, shared);
  let vacancy: Vacancy | undefined;
  for (const operation of operations) vacancy = note(top, operation, shared, vacancy);
  return top;
}

/** The node of an entry's value: of a pair in a map, of an item in a list. */
export function valueNode(node: Touched["node"], index: number): ParsedNode | null {
  const entry = node.items[index];
  return (isMap(node) ? ((entry as Pair | undefined)?.value ?? null) : (entry ?? null)) as ParsedNode | null;
}

/** The key of a pair as JSON spells it. */
export function pairKey(pair: Pair): string {
  const key: unknown = isScalar(pair.key) ? pair.key.value : pair.key;
  switch (typeof key) {
    case "string":
      return key;
    case "symbol":
      // so the parser gives merge keys
      return key.description ?? "";
    case "number":
    case "bigint":
    case "boolean":
      return String(key);
    default:
      return "";
  }
}

/** The value of a collection none of whose own entries is left. */
export function valueOfNew({ node, slots }: Touched): Json {
  const entries = slots.map((slot): [string, Json] => (slot.kind === "new" ? [slot.key, slot.value] : ["", null]));
  return isMap(node) ? Object.fromEntries(entries) : entries.map(([, value]) => value);
}

/** Where the operation before has removed an entry of the input from a map. */
interface Vacancy {
  readonly parent: Touched;
  /** Position in the slots. */
  readonly at: number;
  readonly index: number;
}

function note(
  top: Touched,
  operation: PatchOperation,
  shared: ReadonlySet<string>,
  vacancy: Vacancy | undefined,
): Vacancy | undefined {
  const tokens = pointerTokens(operation.path);
  let parent = top;
  for (const [depth, token] of tokens.entries()) {
    if (depth === tokens.length - 1) {
      return change(parent, token, operation, shared, vacancy);
    }
    const slot = parent.slots[find(parent, token)];
    if (slot === undefined) throw notFound(parent, operation);
    if (slot.kind !== "kept") {
      slot.value = changed(slot.value, tokens.slice(depth + 1), operation);
      return undefined;
    }
    slot.child ??= touch(valueNode(parent.node, slot.index), shared);
    parent = slot.child;
  }
  throw new PatchError("an operation on the whole document is not supported");
}

function change(
  parent: Touched,
  token: string,
  operation: PatchOperation,
  shared: ReadonlySet<string>,
  vacancy: Vacancy | undefined,
): Vacancy | undefined {
  const { slots } = parent;
  if (isSeq(parent.node) && operation.op === "add") {
    const at = token === "-" ? slots.length : Number(token);
    slots.splice(at, 0, { kind: "new", key: "", value: operation.value });
    return undefined;
  }
  const at = find(parent, token);
  const slot = slots[at];
  if (slot === undefined) {
    if (operation.op !== "add") throw notFound(parent, operation);
    if (vacancy?.parent === parent) slots.splice(vacancy.at, 0, successor(vacancy, token, operation.value, shared));
    else slots.push({ kind: "new", key: token, value: operation.value });
    return undefined;
  }
  if (slot.kind !== "new") refuseShared(parent.node.items[slot.index], shared);
  if (operation.op === "remove") {
    slots.splice(at, 1);
    return isMap(parent.node) && slot.kind !== "new" ? { parent, at, index: slot.index } : undefined;
  }
  if (slot.kind === "new") slot.value = operation.value;
  else slots[at] = { ...slot, kind: "replaced", value: operation.value };
  return undefined;
}

/**
 * The entry that takes the place of a removed one: `httpGet` instead of `tcpSocket`. Where both are maps, the members
 * of the old one stay on their lines, with their comments: those of the same name, and one that is new for one that goes.
 */
function successor({ parent, index }: Vacancy, key: string, value: Json, shared: ReadonlySet<string>): Slot {
  const old = valueNode(parent.node, index);
  if (!isMap(old) || !isObject(value) || old.items.length === 0 || old.items.some((pair) => pairKey(pair) === "<<")) {
    return { kind: "new", key, value };
  }
  const child = touch(old, shared);
  const names = old.items.map((pair) => pairKey(pair as Pair));
  const missing = Object.keys(value).filter((name) => !names.includes(name));
  child.slots = names.flatMap((name, position): Slot[] => {
    const heir = Object.hasOwn(value, name) ? name : missing.shift();
    if (heir === undefined) return [];
    const member = value[heir] as Json;
    // of a repeated key the last one counts
    const counts = names.lastIndexOf(name) === position;
    if (heir === name && (!counts || isScalarOf(valueNode(old, position), member)))
      return [{ kind: "kept", index: position }];
    return [{ kind: "replaced", index: position, value: member, ...(heir !== name && { key: heir }) }];
  });
  child.slots.push(...missing.map((name): Slot => ({ kind: "new", key: name, value: value[name] as Json })));
  return { kind: "kept", index, key, child };
}

function isScalarOf(node: ParsedNode | null, value: Json): boolean {
  if (node === null) return value === null;
  return isScalar(node) && (typeof node.value === "bigint" ? Number(node.value) : node.value) === value;
}

function find({ node, slots }: Touched, token: string): number {
  if (isSeq(node)) return Number(token);
  // of a repeated key the last one counts
  return slots.findLastIndex(
    (slot) => (slot.kind === "new" ? slot.key : (slot.key ?? pairKey(node.items[slot.index] as Pair))) === token,
  );
}

function notFound({ node }: Touched, { op, path }: PatchOperation): Error {
  const merged = isMap(node) && node.items.some((pair) => pairKey(pair) === "<<");
  return merged ? new NotEditable("a merge key") : new PatchError(`${op} ${path}: no such member`);
}

function changed(value: Json, tokens: readonly string[], operation: PatchOperation): Json {
  return applyPatch({ value }, [{ ...operation, path: pointer("value", ...tokens) }]).value as Json;
}

function touch(node: ParsedNode | null, shared: ReadonlySet<string>): Touched {
  if (isAlias(node)) throw new NotEditable("an alias");
  if (!isMap(node) && !isSeq(node)) throw new PatchError("an operation reaches into a scalar");
  if (node.anchor !== undefined && shared.has(node.anchor)) throw new NotEditable("an anchor that is used elsewhere");
  const parsed = node as Touched["node"];
  return { node: parsed, slots: parsed.items.map((_entry, index) => ({ kind: "kept", index })) };
}

function refuseShared(entry: unknown, shared: ReadonlySet<string>): void {
  if (shared.size === 0) return;
  const names = [...anchorsWithin(entry)];
  if (names.some((name) => shared.has(name))) throw new NotEditable("an anchor that is used elsewhere");
}

function anchorsWithin(entry: unknown): Set<string> {
  const names = new Set<string>();
  if (entry === null || entry === undefined) return names;
  visit(entry as ParsedNode, {
    Node: (_key, node) => {
      if (isNode(node) && !isAlias(node) && node.anchor !== undefined) names.add(node.anchor);
    },
  });
  return names;
}

/** Names of the anchors that some alias of the document refers to. */
function sharedAnchors(root: ParsedNode): ReadonlySet<string> {
  const names = new Set<string>();
  visit(root, {
    Alias: (_key, alias) => {
      names.add(alias.source);
    },
  });
  return names;
}
