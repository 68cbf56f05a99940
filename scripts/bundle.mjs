// Puts the compiled modules and the packages that they use together in few files. The control plane is some 600 modules with its packages: finding,
// reading and linking each by itself takes longer than everything else that it does until it is ready (docs/decisions/0022-bundled-program.md).
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join, sep } from "node:path";
import { rolldown } from "rolldown";

/** Stays a package: large, and only loaded for kubeconfigs with plugins and for port forwarding. */
const EXTERNAL = /^@kubernetes\/client-node$/;

/**
 * `node:http` as an ES module reads every one of its exports when it is imported. One of them, WebSocket, is only made when it is
 * read, and loads Node.js' client of fetch: 30 ms of CPU. Asked for by this function it does not.
 */
const HTTP_WITHOUT_FETCH = {
  name: "http-without-fetch",
  resolveId: (id) => (/^(?:node:)?http$/.test(id) ? "\0node-http.cjs" : null),
  load: (id) => (id === "\0node-http.cjs" ? 'module.exports = process.getBuiltinModule("node:http");' : null),
};

/**
 * Bundles the compiled sources in `compiled` to `target`: the two that are named from outside under their own names, everything else as chunks beside
 * `index.js`, one folder below the root of the package as the sources are (`src/package-file.ts`). Names of functions and classes
 * stay, and so do the lines, so that a stack trace can be read.
 */
export async function bundle(compiled, target) {
  const build = await rolldown({
    // the comment before each module names it from here, so that two builds give the same bytes
    cwd: compiled,
    input: { index: join(compiled, "index.js"), "cli/main": join(compiled, "cli", "main.js") },
    platform: "node",
    external: EXTERNAL,
    plugins: [HTTP_WITHOUT_FETCH],
    onLog(level, log) {
      if (level === "warn") throw new Error(log.message);
    },
  });
  const { output } = await build.write({
    dir: target,
    format: "esm",
    entryFileNames: "[name].js",
    chunkFileNames: "[name].js",
    minify: false,
    keepNames: true,
  });
  await build.close();
  const modules = output.flatMap((chunk) => (chunk.type === "chunk" ? chunk.moduleIds : []));
  writeFileSync(join(target, "LICENSES.txt"), licences(packagesOf(modules)));
}

/** The modules of each package that modules come from, by its folder. */
function packagesOf(modules) {
  const folder = new RegExp(`^.*\\${sep}node_modules\\${sep}(?:@[^\\${sep}]+\\${sep})?[^\\${sep}]+`);
  const packages = new Map();
  for (const id of modules.toSorted()) {
    const [path] = folder.exec(id) ?? [];
    // what a plugin makes is no file
    if (path !== undefined && !id.includes("\0")) packages.set(path, [...(packages.get(path) ?? []), id]);
  }
  return packages;
}

/** What the licences of the packages ask to be passed on with copies: their files, or where there is none what their modules begin with. */
function licences(packages) {
  const texts = [...packages].map(([folder, modules]) => {
    const { name, version, license } = JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));
    const files = readdirSync(folder).filter((file) => /^(?:licen[cs]e|notice|copying)/i.test(file));
    const texts = files.length > 0 ? files.map((file) => read(join(folder, file))) : notices(modules);
    if (texts.length === 0)
      throw new Error(`the package ${name} is bundled, but says nowhere what its licence asks for`);
    return [`${name} ${version} (${license})`, ...texts].join("\n\n");
  });
  const head = "The files beside this one hold copies of these packages, each under its own licence:";
  return `${[head, ...texts].join(`\n\n${"-".repeat(80)}\n\n`)}\n`;
}

/** The comments that modules begin with, each once. */
function notices(modules) {
  const comments = modules.map((module) => /^(?:\/\/.*\n)+/.exec(readFileSync(module, "utf8"))?.[0] ?? "");
  return [...new Set(comments.filter((text) => /copyright/i.test(text)))].map((text) =>
    text.replaceAll(/^\/\/ ?/gm, "").trim(),
  );
}

function read(file) {
  return readFileSync(file, "utf8").trim();
}
