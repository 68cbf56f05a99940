import { isObject, type Json, type JsonObject, type MutableJson } from "../model/json.ts";

/** The operations of RFC 6902 that injection needs. */
export type PatchOperation =
  | { readonly op: "add"; readonly path: string; readonly value: Json }
  | { readonly op: "replace"; readonly path: string; readonly value: Json }
  | { readonly op: "remove"; readonly path: string };

/** RFC 6901: one reference token, `~` and `/` escaped. */
export function escapeToken(token: string): string {
  // most tokens are plain, and a patch has hundreds
  return token.includes("~") || token.includes("/") ? token.replaceAll("~", "~0").replaceAll("/", "~1") : token;
}

/** A JSON pointer from its tokens: `pointer("metadata", "annotations", key)`. */
export function pointer(...tokens: readonly (string | number)[]): string {
  return tokens.map((token) => `/${escapeToken(String(token))}`).join("");
}

/** The tokens of a JSON pointer. Throws on text that is not one. */
export function pointerTokens(text: string): string[] {
  if (text === "") return [];
  if (!text.startsWith("/")) throw new PatchError(`"${text}" is not a JSON pointer: it must start with a slash`);
  return text
    .slice(1)
    .split("/")
    .map((token) => token.replaceAll("~1", "/").replaceAll("~0", "~"));
}

/** A patch that does not fit its document. */
export class PatchError extends Error {
  override readonly name = "PatchError";
  readonly code = "does-not-fit";
}

/**
 * Applies the operations to a copy, in order. Throws {@link PatchError} where RFC 6902 says that the target must exist
 * and it does not; the document is never changed.
 */
export function applyPatch(document: JsonObject, operations: readonly PatchOperation[]): JsonObject {
  const root = mutableCopy(document);
  for (const operation of operations) applyOperation(root, operation);
  return root as JsonObject;
}

/** A copy for {@link applyOperation}. */
export function mutableCopy(document: JsonObject): { [key: string]: MutableJson } {
  return structuredClone(document) as { [key: string]: MutableJson };
}

/** As {@link applyPatch}, with one operation and on the document itself: for many that depend on each other. */
export function applyOperation(root: MutableJson, operation: PatchOperation): void {
  const tokens = pointerTokens(operation.path);
  const last = tokens.pop();
  if (last === undefined) throw new PatchError("an operation on the whole document is not supported");
  const parent = tokens.reduce<MutableJson>((node, token) => step(node, token, operation.path), root);
  if (Array.isArray(parent)) {
    applyToArray(parent, last, operation);
  } else if (isObject(parent)) {
    applyToObject(parent as { [key: string]: MutableJson }, last, operation);
  } else {
    throw new PatchError(`${operation.op} ${operation.path}: its parent is not an object or a list`);
  }
}

function applyToArray(list: MutableJson[], token: string, operation: PatchOperation): void {
  const index = token === "-" && operation.op === "add" ? list.length : indexOf(token, operation.path);
  if (index > list.length - (operation.op === "add" ? 0 : 1))
    throw new PatchError(`${operation.op} ${operation.path}: no such element`);
  if (operation.op === "add") list.splice(index, 0, structuredClone(operation.value) as MutableJson);
  else if (operation.op === "replace") list[index] = structuredClone(operation.value) as MutableJson;
  else list.splice(index, 1);
}

function applyToObject(object: { [key: string]: MutableJson }, key: string, operation: PatchOperation): void {
  if (operation.op !== "add" && !Object.hasOwn(object, key))
    throw new PatchError(`${operation.op} ${operation.path}: no such member`);
  if (operation.op === "remove") {
    delete object[key];
    return;
  }
  // defineProperty, so that a member called __proto__ is data like any other
  Object.defineProperty(object, key, {
    value: structuredClone(operation.value),
    writable: true,
    enumerable: true,
    configurable: true,
  });
}

function step(node: MutableJson, token: string, path: string): MutableJson {
  if (Array.isArray(node)) {
    const value = node[indexOf(token, path)];
    if (value !== undefined) return value;
  } else if (isObject(node) && Object.hasOwn(node, token)) {
    return node[token] as MutableJson;
  }
  throw new PatchError(`${path}: "${token}" does not exist`);
}

function indexOf(token: string, path: string): number {
  if (!/^(0|[1-9][0-9]*)$/.test(token)) throw new PatchError(`${path}: "${token}" is not an index`);
  return Number(token);
}
