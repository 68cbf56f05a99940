import { isAlias, isMap, isScalar, isSeq, LineCounter, type ParsedNode, parseDocument, type YAMLMap } from "yaml";
import type { Json } from "../model/json.ts";
import type { SettingProblem } from "./configuration-error.ts";
import { takeFormer } from "./former/name.ts";
import { FORMER_VALUES } from "./former/names.ts";
import { type Gathered, nothingGathered } from "./gathered.ts";
import { nearestName } from "./nearest.ts";
import type { Origin } from "./origin.ts";
import { printable } from "./printable.ts";
import { type RawValue, type RawWord, textWord } from "./raw-value.ts";
import { typeOf } from "./setting-type.ts";
import { SETTINGS, type SettingPath } from "./sources.ts";

/** Room for thousands of settings; a ConfigMap holds no more either. */
export const MAXIMUM_FILE_BYTES = 1024 * 1024;

/** No setting lies deeper than four maps; parsing is recursive and gets no chance to run out of stack. */
const MAXIMUM_NESTING = 32;

/** The parser compares every key of a map with every other one; no sensible file comes near. */
const MAXIMUM_PLACES = 10_000;

/** More of them tell nobody more. */
const MAXIMUM_PROBLEMS = 100;

const PATHS: ReadonlySet<string> = new Set(SETTINGS.map(({ path }) => path));
const KNOWN: readonly string[] = [...PATHS, ...FORMER_VALUES.keys()];

/** What a configuration file gives: YAML 1.2 (so also JSON), our settings and Helm values of the two old charts. */
export function fromFile({ path, text }: { readonly path: string; readonly text: string }): Gathered {
  const gathered = nothingGathered();
  const lines = new LineCounter();
  const originAt = (offset: number): Origin => {
    const { line, col } = lines.linePos(offset);
    return { source: "file", file: path, line: Math.max(line, 1), column: Math.max(col, 1) };
  };
  const fault = (offset: number, problem: Omit<SettingProblem, "origin">) =>
    gathered.problems.push({ ...problem, origin: originAt(offset) });

  const unfit = unfitText(text);
  if (unfit !== undefined) {
    fault(0, { setting: "", expected: unfit });
    return gathered;
  }
  const document = parseDocument(text, {
    lineCounter: lines,
    prettyErrors: false,
    stringKeys: true,
    logLevel: "error",
    resolveKnownTags: false,
  });
  for (const { message, pos } of [...document.errors, ...document.warnings].slice(0, MAXIMUM_PROBLEMS)) {
    fault(pos[0], { setting: "", expected: `valid YAML: ${firstLine(message)}` });
  }
  if (document.errors.length > 0) return gathered;

  const root = document.contents;
  if (isMap(root)) walk(root as YAMLMap.Parsed, "");
  else if (root !== null && !(isScalar(root) && root.value === null)) {
    fault(root.range[0], { setting: "", expected: "a map of settings such as meshName: demo" });
  }
  return gathered;

  function walk(map: YAMLMap.Parsed, prefix: string): void {
    for (const { key, value } of map.items) {
      if (gathered.problems.length >= MAXIMUM_PROBLEMS) return;
      const name = isScalar(key) ? String(key.value) : "";
      if (value === null || (isScalar(value) && value.value === null)) {
        if (!isKnown(`${prefix}${name}`)) unknown(`${prefix}${name}`, key.range[0]);
      } else visit(`${prefix}${name}`, name, key.range[0], value);
    }
  }

  function visit(name: string, key: string, keyOffset: number, value: ParsedNode): void {
    const offset = value.range[0];
    const former = FORMER_VALUES.get(name);
    if (key.includes(".")) {
      fault(keyOffset, { setting: name, expected: "one map inside the other instead of a key with dots" });
    } else if (isAlias(value)) {
      fault(offset, { setting: name, expected: "the value itself instead of a YAML alias" });
    } else if (isMap(value)) {
      if (isPrefix(name)) walk(value as YAMLMap.Parsed, `${name}.`);
      else if (former !== undefined)
        takeFormer(gathered, former, name, mapAsWord(value as YAMLMap.Parsed), originAt(offset));
      else if (PATHS.has(name)) fault(offset, { setting: name, found: "a map", expected: "a value" });
      else unknown(name, keyOffset);
    } else if (PATHS.has(name)) {
      const { takes, form } = typeOf(name as SettingPath);
      const raw = takes === "maps" ? rawMaps(value) : rawOf(value);
      if (raw) gathered.entries.push({ target: name as SettingPath, raw, origin: originAt(offset) });
      else if (takes === "maps") fault(offset, { setting: name, found: "a YAML alias in it", expected: form });
      else fault(offset, { setting: name, found: "a list of lists or maps", expected: "a list of plain values" });
    } else if (former !== undefined) {
      takeFormer(gathered, former, name, rawOf(value) ?? { text: "…", written: "text" }, originAt(offset));
    } else if (isPrefix(name)) {
      const found = isScalar(value) ? printable(String(value.value)) : "a list";
      fault(offset, { setting: name, found, expected: `a map with ${keysBelow(name).join(", ")}` });
    } else unknown(name, keyOffset);
  }

  function unknown(name: string, offset: number): void {
    const nearest = nearestName(name, KNOWN);
    fault(offset, { setting: name, expected: "a known setting", ...(nearest && { nearest }) });
  }
}

/** What is wrong with a text before it is parsed, as the rest of "expected …"; undefined when nothing is. */
function unfitText(text: string): string | undefined {
  if (Buffer.byteLength(text) > MAXIMUM_FILE_BYTES) return `at most ${MAXIMUM_FILE_BYTES} bytes`;
  let depth = 0;
  for (const character of text) {
    if (character === "[" || character === "{") depth++;
    else if (character === "]" || character === "}") depth--;
    if (depth > MAXIMUM_NESTING) return `at most ${MAXIMUM_NESTING} brackets inside each other`;
  }
  if (/^[ ]*(?:[-?:][ \t]+){8,}|^[ ]{128,}\S/m.test(text)) return "fewer levels of lists and maps";
  const places = text.match(/[\n,]/g)?.length ?? 0;
  if (places > MAXIMUM_PLACES) return `at most ${MAXIMUM_PLACES} lines and commas`;
  return undefined;
}

/** A list of maps of plain values and lists of them, as the JSON text that flags and the environment have of it. */
function rawMaps(value: ParsedNode): RawValue | undefined {
  const plain = plainOf(value);
  if (plain === undefined) return undefined;
  return textWord(typeof plain === "string" ? plain : JSON.stringify(plain));
}

/** Undefined where there is an alias. Nesting is bounded before anything is parsed. */
function plainOf(node: unknown): Json | undefined {
  if (isScalar(node)) return node.value as Json;
  if (isSeq(node)) {
    const items = node.items.map(plainOf);
    return items.every((item) => item !== undefined) ? items : undefined;
  }
  if (!isMap(node)) return undefined;
  const entries = node.items.map(({ key, value }) => [isScalar(key) ? String(key.value) : "", plainOf(value)] as const);
  return entries.every(([, value]) => value !== undefined)
    ? (Object.fromEntries(entries) as { readonly [key: string]: Json })
    : undefined;
}

function rawOf(value: ParsedNode): RawValue | undefined {
  if (isScalar(value)) return wordOf(value.value, value.source);
  if (!isSeq(value)) return undefined;
  const words = value.items.map((item) => (isScalar(item) ? wordOf(item.value, item.source) : undefined));
  return words.every((word) => word !== undefined) ? words : undefined;
}

/** Numbers keep the text that they were written in: `0.050` and a leading zero may matter. */
function wordOf(value: unknown, source: string | undefined): RawWord {
  if (typeof value === "number") return { text: source ?? String(value), written: "number" };
  if (typeof value === "boolean") return { text: String(value), written: "boolean" };
  return textWord(typeof value === "string" ? value : "");
}

/** A map under a name that stands for a whole map; empty text when nothing is switched on in it. */
function mapAsWord(map: YAMLMap.Parsed): RawWord {
  const says = map.items.some(
    ({ value }) =>
      value !== null && !(isScalar(value) && (value.value === null || value.value === "" || value.value === false)),
  );
  return { text: says ? "…" : "", written: "text" };
}

function isKnown(name: string): boolean {
  return PATHS.has(name) || FORMER_VALUES.has(name) || isPrefix(name);
}

function isPrefix(name: string): boolean {
  return KNOWN.some((known) => known.startsWith(`${name}.`));
}

function keysBelow(name: string): string[] {
  const below = [...PATHS].filter((path) => path.startsWith(`${name}.`));
  const known = below.length > 0 ? below : KNOWN.filter((path) => path.startsWith(`${name}.`));
  return [...new Set(known.map((path) => path.slice(name.length + 1).split(".")[0] ?? ""))];
}

function firstLine(message: string): string {
  return message.split("\n")[0] ?? message;
}
