import { posix } from "node:path";

/** The text of each source file by its path below `src/`, such as `inject/decide.ts`. */
export type Sources = ReadonlyMap<string, string>;

/**
 * What the files of each folder may import of ours, beside their own folder: a folder, or one file of it. A folder that is
 * not listed may import nothing and is reported, so that a new one gets its line here.
 *
 * Inner folders are pure and know nothing of the outer ones; adapters (`kube`, `cluster`, `webhook`, …) put the world around them;
 * `cli` and `standalone` wire everything, and nobody imports those two.
 */
const MAY_IMPORT: Readonly<Record<string, readonly string[] | "anything">> = {
  model: [],
  config: ["model"],
  bootstrap: ["model"],
  inject: ["model", "bootstrap", "config/schema.ts"],
  graph: ["model"],
  answers: ["model", "graph", "xds/translate", "xds/encode", "xds/generated", "xds/types.ts"],
  xds: ["model", "graph", "bootstrap/limits.ts", "serving"],
  "control-plane": [
    "model",
    "graph",
    "answers/severity.ts",
    "store",
    "inject",
    "config/schema.ts",
    "kube",
    "cluster",
    "pki",
    "xds",
    "serving",
    "admission",
  ],
  capture: ["model", "inject/values.ts", "inject/decision.ts"],
  pki: ["model", "kube", "serving/log.ts"],
  manifest: ["model", "inject"],
  diagnose: ["model", "graph", "answers", "inject", "config", "install", "kube", "cluster", "pki"],
  install: ["model", "inject/rules/pod-rules.ts", "config/schema.ts", "kube", "cluster/test-admission.ts"],
  kube: ["model/environment.ts", "model/json.ts", "model/yaml-dialect.ts"],
  cluster: ["model", "kube", "config/schema.ts"],
  store: ["model", "kube"],
  serving: ["config/schema.ts"],
  admission: ["model", "pki/certificate-source.ts", "serving"],
  webhook: ["model", "inject", "config/schema.ts", "kube", "cluster", "pki", "serving", "admission"],
  api: ["model", "store"],
  cli: "anything",
  standalone: "anything",
};

/**
 * The rooms of a folder, each with those of its sisters that it may import. A file directly in the folder may import all of them,
 * and be imported by all. A folder that is not listed has no order among its rooms.
 */
const ROOMS: Readonly<Record<string, Readonly<Record<string, readonly string[]>>>> = {
  diagnose: { facts: [], gather: ["facts"], checks: ["facts"], report: ["facts", "checks"] },
  inject: { rules: [], plan: ["rules"], record: ["rules", "plan"] },
  install: { objects: [], preflight: ["objects"], run: ["objects", "preflight"] },
};

/** Files directly in `src/`: the release's number, read from a file and so not for the pure folders, and the library. */
const TOP_LEVEL: Readonly<Record<string, readonly string[]>> = {
  "package-file.ts": [],
  "release.ts": ["package-file.ts"],
  "index.ts": ["model", "bootstrap", "inject", "manifest", "config", "release.ts"],
};

/** Folders without input, output, clock and chance; and the modules of Node.js that have none of those. */
const PURE = ["model", "bootstrap", "inject", "graph", "answers"];
const PURE_MODULES = ["node:crypto", "node:path", "node:util", "node:buffer"];
const PURE_OF_NET = ["isIP", "isIPv4", "isIPv6", "BlockList", "SocketAddress"];
const IMPURE_EXPRESSION =
  /\bprocess\.(?:env|argv|cwd|stdin|stdout|stderr|hrtime|exit)\b|\bDate\.now\(|\bnew Date\(\)|\bMath\.random\(|\brandom(?:UUID|Bytes|Int)\(|\bperformance\.now\(|\bfetch\(/;

interface Import {
  readonly specifier: string;
  /** The names in braces; undefined when everything is imported. */
  readonly names: readonly string[] | undefined;
}

const FROM = /^[ \t]*(?:import|export)\b([^"';]*?)\bfrom\s+["']([^"']+)["']/gm;
const BARE = /^[ \t]*import\s+["']([^"']+)["']/gm;
const CALL = /\b(?:import|require)\(\s*["'`]([^"'`]+)["'`]/g;

/** Everything that a file imports: types, re-exports and dynamic imports included. */
export function importsOf(text: string): readonly Import[] {
  const imports: Import[] = [];
  for (const [, clause = "", specifier = ""] of text.matchAll(FROM)) {
    const braces = /\{([^}]*)\}/.exec(clause)?.[1];
    const names = braces
      ?.split(",")
      .map(
        (name) =>
          name
            .trim()
            .replace(/^type\s+/, "")
            .split(/\s/)[0] ?? "",
      )
      .filter((name) => name !== "");
    imports.push({ specifier, names });
  }
  for (const pattern of [BARE, CALL]) {
    for (const [, specifier = ""] of text.matchAll(pattern)) imports.push({ specifier, names: undefined });
  }
  return imports;
}

/** One sentence for each import, or impure expression, that should not be there. Specs are free. */
export function violations(sources: Sources): readonly string[] {
  const found: string[] = [];
  for (const [path, text] of sources) {
    if (path.endsWith(".spec.ts")) continue;
    const folder = folderOf(path);
    const allowed = path === folder ? TOP_LEVEL[path] : MAY_IMPORT[folder];
    if (allowed === undefined) {
      found.push(`src/${path}: ${folder} has no line in the import directions`);
      continue;
    }
    for (const { specifier, names } of importsOf(text)) {
      if (specifier.startsWith(".")) {
        const target = posix.normalize(posix.join(posix.dirname(path), specifier));
        if (!mayImport(folder, allowed, target) || !isInOrder(path, target))
          found.push(`src/${path} imports src/${target}`);
      } else if (PURE.includes(folder) && !isPure(specifier, names)) {
        found.push(`src/${path} is to be pure, but imports ${specifier}`);
      }
    }
    const impure = PURE.includes(folder) ? IMPURE_EXPRESSION.exec(text)?.[0] : undefined;
    if (impure !== undefined) found.push(`src/${path} is to be pure, but says ${impure}`);
  }
  return found;
}

/** The first part of a path; of a file directly in `src/`, its name. */
function folderOf(path: string): string {
  return path.split("/")[0] ?? path;
}

/** Whether an import between the rooms of one folder goes the right way. A room that is not listed may import none of its sisters. */
function isInOrder(from: string, to: string): boolean {
  const rooms = ROOMS[folderOf(from)];
  const [fromRoom, toRoom] = [from, to].map((path) => path.split("/").slice(1, -1)[0]);
  if (rooms === undefined || folderOf(from) !== folderOf(to)) return true;
  if (fromRoom === undefined || toRoom === undefined || fromRoom === toRoom) return true;
  return rooms[fromRoom]?.includes(toRoom) ?? false;
}

function mayImport(folder: string, allowed: readonly string[] | "anything", target: string): boolean {
  if (target.startsWith("../")) return target === "../package.json";
  if (folderOf(target) === folder || allowed === "anything") return true;
  if (target === "release.ts") return !PURE.includes(folder);
  return allowed.some((place) => target === place || target.startsWith(`${place}/`));
}

function isPure(specifier: string, names: readonly string[] | undefined): boolean {
  if (!specifier.startsWith("node:")) return true;
  if (specifier === "node:net") return names?.every((name) => PURE_OF_NET.includes(name)) ?? false;
  return PURE_MODULES.includes(specifier);
}
