// Compiles src/ to dist/. Runs as npm's `prepare`, so `npm ci` alone leaves a usable checkout. The old dist/ is replaced
// in one step at the end: when the compiler fails, or somebody runs the program meanwhile, it is still there.
import { spawnSync } from "node:child_process";
import { renameSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";

const root = dirname(import.meta.dirname);
const tsc = join(dirname(createRequire(import.meta.url).resolve("typescript/package.json")), "bin", "tsc");
const fresh = join(root, "build", `dist-${process.pid}`);
const { status } = spawnSync(process.execPath, [tsc, "-p", "tsconfig.build.json", "--outDir", fresh], {
  cwd: root,
  stdio: "inherit",
});
const dist = join(root, "dist");
if (status === 0) {
  rmSync(dist, { recursive: true, force: true });
  renameSync(fresh, dist);
} else {
  rmSync(fresh, { recursive: true, force: true });
}
process.exit(status ?? 1);
