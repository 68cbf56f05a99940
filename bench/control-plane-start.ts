// npm run bench:start: from the start of `outrigger control-plane` to its first /readyz of status 200, against a real API server
// that has the mesh's authority already, as at every start but the first. --profile FOLDER keeps a CPU profile of the last run.
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, readFileSync } from "node:fs";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { cpus, loadavg, tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { CONTROL_PLANE_NAMESPACE } from "../src/model/names.ts";
import { connectApi } from "../test/api/api-connection.ts";
import { startCluster } from "../testbed/cluster.ts";
import { freePort } from "../testbed/process/free-port.ts";
import { median } from "./median.ts";

const ROOT = join(import.meta.dirname, "..");
const PATIENCE_MS = 60_000;
/** A clock tick of the kernel, in which it counts CPU: 100 a second on every Linux. */
const TICK_MS = 10;

const { values } = parseArgs({
  options: { runs: { type: "string", default: "9" }, profile: { type: "string" }, program: { type: "string" } },
});
const runs = Number(values.runs);
const built = "dist/cli/main.js";
const program = values.program ?? (existsSync(join(ROOT, built)) ? built : "src/cli/main.ts");

interface Start {
  readonly milliseconds: number;
  /** Of all threads. */
  readonly cpuMilliseconds: number;
}

const cluster = await startCluster();
const cache = await mkdtemp(join(tmpdir(), "outrigger-compile-cache-"));
try {
  const { server, kubeconfig, credentials, binaries } = cluster;
  const api = connectApi({ server, kubeconfig, kubectl: binaries.kubectl, ...credentials });
  const metadata = { name: CONTROL_PLANE_NAMESPACE };
  await api.create("/api/v1/namespaces", { apiVersion: "v1", kind: "Namespace", metadata });
  await api.close();
  const cached = { NODE_COMPILE_CACHE: cache };
  // makes the authority, and what Node.js keeps of compiled modules
  await start(kubeconfig, cached);
  const figures = {
    withCompileCache: await measured(() => start(kubeconfig, cached)),
    withoutCompileCache: await measured(() => start(kubeconfig, { NODE_DISABLE_COMPILE_CACHE: "1" })),
  };
  if (values.profile !== undefined) {
    await start(kubeconfig, cached, ["--cpu-prof", "--cpu-prof-interval", "200", "--cpu-prof-dir", values.profile]);
  }
  const result = {
    measured: new Date().toISOString(),
    machine: { cpu: cpus()[0]?.model ?? "unknown", cores: cpus().length, node: process.version, load: loadavg()[0] },
    startedFrom: program,
    runs,
    ...figures,
  };
  await mkdir(join(ROOT, "bench/results"), { recursive: true });
  await writeFile(join(ROOT, "bench/results/control-plane-start.json"), `${JSON.stringify(result, undefined, 2)}\n`);
  process.stdout.write(`outrigger control-plane (${program}), start to ready, median (fastest) of ${runs}:\n`);
  for (const [name, { milliseconds, fastest, cpuMilliseconds }] of Object.entries(figures)) {
    process.stdout.write(`  ${name}: ${milliseconds} (${fastest}) ms, ${cpuMilliseconds} ms of CPU\n`);
  }
} finally {
  await cluster.stop();
  await rm(cache, { recursive: true });
}

async function measured(once: () => Promise<Start>) {
  const starts: Start[] = [];
  for (let run = 0; run < runs; run++) starts.push(await once());
  return {
    milliseconds: Math.round(median(starts.map(({ milliseconds }) => milliseconds))),
    fastest: Math.round(Math.min(...starts.map(({ milliseconds }) => milliseconds))),
    slowest: Math.round(Math.max(...starts.map(({ milliseconds }) => milliseconds))),
    cpuMilliseconds: median(starts.map(({ cpuMilliseconds }) => cpuMilliseconds)),
  };
}

/** One whole process, from its start to its end. */
async function start(
  kubeconfig: string,
  environment: NodeJS.ProcessEnv,
  flags: readonly string[] = [],
): Promise<Start> {
  const [port, metrics, diagnostics] = [await freePort(), await freePort(), await freePort()];
  const settings = {
    MESH_NAME: "shop",
    OUTRIGGER_CONTROL_PLANE_LISTEN: `127.0.0.1:${port}`,
    OUTRIGGER_CONTROL_PLANE_METRICS_LISTEN: `127.0.0.1:${metrics}`,
    OUTRIGGER_CONTROL_PLANE_DIAGNOSTICS_LISTEN: `127.0.0.1:${diagnostics}`,
    OUTRIGGER_CONTROL_PLANE_KUBECONFIG: kubeconfig,
    OUTRIGGER_CONTROL_PLANE_SHUTDOWN_SECONDS: "2",
  };
  const begun = performance.now();
  const child = spawn(process.execPath, [...flags, resolve(ROOT, program), "control-plane"], {
    env: { ...process.env, ...settings, ...environment },
    stdio: "ignore",
  });
  const ended = once(child, "exit");
  try {
    await ready(child, metrics, begun + PATIENCE_MS);
    return { milliseconds: performance.now() - begun, cpuMilliseconds: cpuOf(child) };
  } finally {
    child.kill("SIGTERM");
    await ended;
  }
}

async function ready(child: ChildProcess, port: number, deadline: number): Promise<void> {
  for (;;) {
    const answer = await fetch(`http://127.0.0.1:${port}/readyz`).catch(() => undefined);
    if (answer?.status === 200) return;
    if (child.exitCode !== null) throw new Error(`outrigger control-plane ended with exit code ${child.exitCode}`);
    if (performance.now() > deadline) throw new Error(`not ready after a minute: ${await answer?.text()}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

/** User and system time so far: fields 14 and 15 of proc(5), counted behind the name, which may have blanks. */
function cpuOf({ pid }: ChildProcess): number {
  const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return (Number(fields[11]) + Number(fields[12])) * TICK_MS;
}
