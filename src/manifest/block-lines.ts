import type { Layout } from "./layout.ts";

/** How single keys and values are written; undefined for what needs more than a part of a line. */
export interface ScalarTexts {
  readonly ofKey: (key: string) => string | undefined;
  readonly ofValue: (value: unknown) => string | undefined;
}

/**
 * The lines of a map or list in block style. Undefined where something does not fit on its line (text of several lines) or is
 * unusual, and for what is no collection with entries: the YAML library must write it. A sidecar is the same for each
 * workload but for some scalars, and to make a tree of nodes for each takes ten times as long.
 */
export function blockLines(value: unknown, layout: Layout, texts: ScalarTexts): string[] | undefined {
  const lines: string[] = [];
  // narrower than a dash and its space, the library leaves the lists' layout to itself
  return layout.step >= 2 && isFilled(value) && write(value, "", "") ? lines : undefined;

  /** Writes below each other; `lead` stands before the first line, `indent` before the others. */
  function write(node: Filled, lead: string, indent: string): boolean {
    return Array.isArray(node) ? writeList(node, lead, indent) : writeMap(node, lead, indent);
  }

  function writeList(list: readonly unknown[], lead: string, indent: string): boolean {
    return list.every((entry, index) => {
      const before = `${index === 0 ? lead : indent}- `;
      return isFilled(entry) ? write(entry, before, `${indent}  `) : line(before, entry);
    });
  }

  function writeMap(map: object, lead: string, indent: string): boolean {
    return Object.entries(map).every(([key, entry], index) => {
      const text = texts.ofKey(key);
      if (text === undefined) return false;
      const before = `${index === 0 ? lead : indent}${text}:`;
      if (!isFilled(entry)) return line(`${before} `, entry);
      lines.push(before);
      const isFlush = Array.isArray(entry) && layout.lists === "flush";
      const below = indent + " ".repeat(isFlush ? layout.step - 2 : layout.step);
      return write(entry, below, below);
    });
  }

  function line(before: string, value: unknown): boolean {
    const text = texts.ofValue(value);
    if (text !== undefined) lines.push(before + text);
    return text !== undefined;
  }
}

type Filled = readonly unknown[] | object;

function isFilled(value: unknown): value is Filled {
  return typeof value === "object" && value !== null && Object.keys(value).length > 0;
}
