// npm run bench:inject: the whole process of `outrigger inject` on one small file, from start to end.
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdir, writeFile } from "node:fs/promises";
import { cpus } from "node:os";
import { join } from "node:path";
import { median } from "./median.ts";

const RUNS = 15;
const ROOT = join(import.meta.dirname, "..");
const program = existsSync(join(ROOT, "dist/cli/main.js")) ? "dist/cli/main.js" : "src/cli/main.ts";
const order = [join(ROOT, program), "inject", "-f", join(ROOT, "examples/nginx.yaml"), "--mesh-name", "shop"];

const milliseconds = Array.from({ length: RUNS }, () => {
  const begun = performance.now();
  const { status, stdout, stderr } = spawnSync(process.execPath, order, { encoding: "utf8" });
  const took = performance.now() - begun;
  if (status !== 0 || !stdout.includes("envoy")) throw new Error(`inject failed with exit code ${status}: ${stderr}`);
  return took;
});
const result = {
  measured: new Date().toISOString(),
  machine: { cpu: cpus()[0]?.model ?? "unknown", cores: cpus().length, node: process.version },
  startedFrom: program,
  runs: RUNS,
  medianMilliseconds: Math.round(median(milliseconds)),
  slowestMilliseconds: Math.round(Math.max(...milliseconds)),
};
await mkdir(join(ROOT, "bench/results"), { recursive: true });
await writeFile(join(ROOT, "bench/results/inject-cli.json"), `${JSON.stringify(result, undefined, 2)}\n`);
process.stdout.write(
  `outrigger inject (${program}): median ${result.medianMilliseconds} ms, slowest ${result.slowestMilliseconds} ms of ${RUNS}\n`,
);
