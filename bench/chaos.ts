/**
 * `npm run bench:chaos -- [EDITS] [SEED]`: random edits of a mesh under traffic through a real Envoy; 1,000 where nothing is said. Records
 * what they came to; exit code 1 where a request failed that the meshes before and after would both have answered.
 */
import { writeFile } from "node:fs/promises";
import { cpus, loadavg } from "node:os";
import { join } from "node:path";
import { RANDOM, runChaos } from "../test/envoy/mesh/chaos/run-chaos.ts";
import { servedMesh } from "../test/envoy/mesh/chaos/served-mesh.ts";
import { tlsSources } from "../test/envoy/mesh/chaos/served-tls.ts";

const [edits = 1_000, seed = 1] = process.argv.slice(2).map(Number);
if (!Number.isInteger(edits) || !Number.isInteger(seed)) throw new Error("expected whole numbers: EDITS SEED");
const begun = performance.now();
const { sources: tls, remove } = await tlsSources();
const report = await runChaos({ ...RANDOM, edits, seed, pace: 120, tls, start: servedMesh }).finally(remove);
const seconds = Math.round((performance.now() - begun) / 1_000);
const machine = { cpu: cpus()[0]?.model ?? "unknown", cores: cpus().length, node: process.version, load: loadavg()[0] };
const result = { measured: new Date().toISOString(), machine, seed, seconds, ...report };
await writeFile(join(import.meta.dirname, "results", "chaos.json"), `${JSON.stringify(result, null, 2)}\n`);
process.stdout.write(`${JSON.stringify(result, null, 2)}\n`);
process.exitCode = report.faults.length === 0 ? 0 : 1;
