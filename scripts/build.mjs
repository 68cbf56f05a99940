// Makes the Envoy messages, compiles src/ and bundles it to dist/. Runs as npm's `prepare`, so `npm ci` alone leaves a usable checkout. The old dist/ is
// replaced in one step at the end: when the compiler fails, or somebody runs the program meanwhile, it is still there.
//
// --out FOLDER leaves dist/ alone and builds into that folder; --no-check only strips the types, which is quicker and
// does not stop at a type error. The testbed makes its images like that; the types are checked by `npm run check`.
import { spawnSync } from "node:child_process";
import { cpSync, renameSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { bundle } from "./bundle.mjs";

const { values: options } = parseArgs({ options: { out: { type: "string" }, "no-check": { type: "boolean" } } });

await import("./generate-protos.mjs");

const root = dirname(import.meta.dirname);
const tsc = join(dirname(createRequire(import.meta.url).resolve("typescript/package.json")), "bin", "tsc");
const dist = options.out === undefined ? join(root, "dist") : resolve(options.out);
// within the checkout, where its packages are found
const compiled = join(root, "build", `compiled-${process.pid}`);
// beside where it goes, or the last step were no rename
const fresh = options.out === undefined ? join(root, "build", `dist-${process.pid}`) : `${dist}-${process.pid}`;
const flags = options["no-check"] ? ["--noCheck"] : [];
try {
  const { status } = spawnSync(process.execPath, [tsc, "-p", "tsconfig.build.json", "--outDir", compiled, ...flags], {
    cwd: root,
    stdio: "inherit",
  });
  if (status === 0) {
    // what is JavaScript already the compiler leaves where it is; its declarations are no part of the library
    const generated = join("xds", "generated");
    const filter = (path) => !/\.d\.ts$|made-from-\w+$/.test(path);
    cpSync(join(root, "src", generated), join(compiled, generated), { recursive: true, filter });
    await bundle(compiled, fresh);
    cpSync(compiled, fresh, { recursive: true, filter: (path) => !path.endsWith(".js") });
    rmSync(dist, { recursive: true, force: true });
    renameSync(fresh, dist);
  }
  process.exitCode = status ?? 1;
} finally {
  rmSync(compiled, { recursive: true, force: true });
  rmSync(fresh, { recursive: true, force: true });
}
