import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { copiedFile, type ImageEntry } from "./image-entry.ts";

/** Whatever a running program may load, and what the licences ask to be passed on. */
const KEPT = /\.(?:c?js|mjs|json|wasm|node)$|^(?:licen[cs]e|notice|copying)/i;

/** Folders of a package that its authors need and its users do not. */
const LEFT_OUT = new Set(["test", "tests", "docs", "doc", "examples", "example", "benchmarks", "benchmark"]);

/**
 * Packages of the lock file that Node.js never loads: declarations, parts for another runtime (Bare), and Node.js
 * itself, which the image has on its path.
 */
const NEVER_LOADED = /(?:^|\/)(?:@types\/|undici-types$|bare-|node-linux-)/;

interface LockedPackage {
  readonly dev?: boolean;
  readonly optional?: boolean;
}

/**
 * The production packages of the lock file, out of `checkout`'s `node_modules`, as entries under `target`. What they are
 * is the lock file's word, so development packages beside them do not matter.
 *
 * @throws Error (ENOENT) when one that is not optional is not installed: `npm ci` first.
 */
export async function productionPackages(checkout: string, target: string): Promise<readonly ImageEntry[]> {
  const lock = JSON.parse(await readFile(join(checkout, "package-lock.json"), "utf8")) as {
    readonly packages: Readonly<Record<string, LockedPackage>>;
  };
  const entries: ImageEntry[] = [];
  for (const [path, { dev, optional }] of Object.entries(lock.packages)) {
    const name = path.slice(path.lastIndexOf("node_modules/") + "node_modules/".length);
    if (path === "" || dev || NEVER_LOADED.test(name)) continue;
    const found = await filesOf(join(checkout, path), `${target}/${path}`, true).catch(
      (error: NodeJS.ErrnoException) => {
        if (optional && error.code === "ENOENT") return [];
        throw error;
      },
    );
    entries.push(...found);
  }
  return entries;
}

async function filesOf(source: string, target: string, top: boolean): Promise<readonly ImageEntry[]> {
  const entries: ImageEntry[] = [];
  for (const item of await readdir(source, { withFileTypes: true })) {
    const [from, to] = [join(source, item.name), `${target}/${item.name}`];
    if (item.isDirectory()) {
      // what is nested stands in the lock file by itself
      if (item.name === "node_modules" || (top && LEFT_OUT.has(item.name))) continue;
      entries.push(...(await filesOf(from, to, false)));
    } else if (KEPT.test(item.name)) {
      entries.push(copiedFile(to, from));
    }
  }
  return entries;
}
