import { posix } from "node:path";
import { importsOf, type Sources } from "./import-directions.ts";

/**
 * The groups of files that import each other in a circle, types and dynamic imports included; each group is sorted, and so are the groups.
 * Tarjan's algorithm: a group is what can be reached from each of its members.
 */
export function circles(sources: Sources): readonly (readonly string[])[] {
  const targets = new Map([...sources].map(([path, text]) => [path, targetsOf(path, text, sources)]));
  const found: string[][] = [];
  const order = new Map<string, number>();
  const lowest = new Map<string, number>();
  const open: string[] = [];
  const visit = (path: string): void => {
    order.set(path, order.size);
    lowest.set(path, order.size - 1);
    open.push(path);
    for (const target of targets.get(path) ?? []) {
      if (!order.has(target)) visit(target);
      else if (!open.includes(target)) continue;
      lowest.set(path, Math.min(lowest.get(path) ?? 0, lowest.get(target) ?? 0));
    }
    if (lowest.get(path) !== order.get(path)) return;
    const group = open.splice(open.indexOf(path));
    if (group.length > 1 || targets.get(path)?.includes(path)) found.push(group.toSorted());
  };
  for (const path of sources.keys()) if (!order.has(path)) visit(path);
  return found.toSorted((a, b) => ((a[0] ?? "") < (b[0] ?? "") ? -1 : 1));
}

function targetsOf(path: string, text: string, sources: Sources): readonly string[] {
  return importsOf(text)
    .filter(({ specifier }) => specifier.startsWith("."))
    .map(({ specifier }) => posix.normalize(posix.join(posix.dirname(path), specifier)))
    .filter((target) => sources.has(target));
}
