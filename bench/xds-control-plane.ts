import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { mkdtemp, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { freePort } from "../testbed/process/free-port.ts";
import type { Inside } from "./xds-inside.ts";

const ROOT = join(import.meta.dirname, "..");
/** The program as it is installed, where it was built. */
export const PROGRAM = existsSync(join(ROOT, "dist/cli/main.js")) ? "bin/outrigger.js" : "src/cli/main.ts";

/** The process `outrigger control-plane`, as it runs in a cluster. */
export interface ControlPlaneProcess {
  readonly port: number;
  readonly child: ChildProcess;
  /** Milliseconds from its start until it was ready. */
  readonly startMilliseconds: number;
  /** Bytes and how many milliseconds a page of one of its other listeners took. */
  page(path: "/healthz" | "/readyz" | "/streams"): Promise<{ readonly bytes: number; readonly milliseconds: number }>;
  /** As it is; what it tells of stalls begins again with each question. */
  inside(): Promise<Inside>;
  /** The same after a collection of garbage. */
  collected(): Promise<Inside>;
  /** Resolves when it is gone. */
  kill(signal: "SIGTERM" | "SIGKILL"): Promise<void>;
}

export interface ControlPlaneOptions {
  /** Of the stand-in for the API server. */
  readonly kubePort: number;
  readonly port: number;
  readonly shutdownSeconds?: number;
  /** By default traffic passes through. */
  readonly mesh?: "serve";
}

/** Starts one and waits until it is ready. */
export async function controlPlane(options: ControlPlaneOptions): Promise<ControlPlaneProcess> {
  const [health, diagnostics, inside] = [await freePort(), await freePort(), await freePort()];
  const settings = {
    MESH_NAME: "bench",
    OUTRIGGER_CONTROL_PLANE_LISTEN: `127.0.0.1:${options.port}`,
    OUTRIGGER_CONTROL_PLANE_METRICS_LISTEN: `127.0.0.1:${health}`,
    OUTRIGGER_CONTROL_PLANE_DIAGNOSTICS_LISTEN: `127.0.0.1:${diagnostics}`,
    OUTRIGGER_CONTROL_PLANE_KUBECONFIG: await kubeconfig(options.kubePort),
    OUTRIGGER_CONTROL_PLANE_SHUTDOWN_SECONDS: String(options.shutdownSeconds ?? 20),
    OUTRIGGER_CONTROL_PLANE_MESH: options.mesh ?? "observe",
    OUTRIGGER_LOG_LEVEL: "warn",
  };
  const begun = performance.now();
  const child = spawn(process.execPath, [join(ROOT, PROGRAM), "control-plane"], {
    env: {
      ...process.env,
      ...settings,
      BENCH_INSIDE_PORT: String(inside),
      NODE_OPTIONS: `${process.env["BENCH_NODE_OPTIONS"] ?? ""} --import=${join(import.meta.dirname, "xds-inside.ts")}`,
    },
    stdio: ["ignore", "ignore", process.env["BENCH_LOG"] === undefined ? "ignore" : "inherit"],
  });
  const exited = once(child, "exit");
  process.once("exit", () => child.kill("SIGKILL"));
  const ask = async (path: string): Promise<Inside> =>
    (await fetch(`http://127.0.0.1:${inside}${path}`)).json() as never;
  const page = async (path: string): Promise<{ bytes: number; milliseconds: number }> => {
    const start = performance.now();
    const answer = await fetch(`http://127.0.0.1:${path === "/streams" ? diagnostics : health}${path}`);
    const bytes = (await answer.arrayBuffer()).byteLength;
    if (!answer.ok) throw new Error(`${path} answered ${answer.status}`);
    return { bytes, milliseconds: performance.now() - start };
  };
  for (;;) {
    if ((await page("/readyz").catch(() => undefined)) !== undefined) break;
    if (child.exitCode !== null) throw new Error(`the control plane ended with exit code ${child.exitCode}`);
    await wait(10);
  }
  return {
    port: options.port,
    child,
    startMilliseconds: performance.now() - begun,
    page,
    inside: () => ask("/"),
    collected: () => ask("/collect"),
    async kill(signal) {
      child.kill(signal);
      await exited;
    },
  };
}

async function kubeconfig(port: number): Promise<string> {
  const path = join(await mkdtemp(join(tmpdir(), "outrigger-bench-")), "kubeconfig");
  const named = [{ name: "bench", cluster: { server: `http://127.0.0.1:${port}`, "insecure-skip-tls-verify": true } }];
  const contexts = [{ name: "bench", context: { cluster: "bench", user: "bench" } }];
  const users = [{ name: "bench", user: { token: "bench" } }];
  const content = { apiVersion: "v1", kind: "Config", clusters: named, contexts, users, "current-context": "bench" };
  await writeFile(path, JSON.stringify(content));
  return path;
}
