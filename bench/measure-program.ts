import { spawn } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createAuthority, issueLeaf } from "../src/pki/authority.ts";
import { validFor } from "../src/pki/key-pair.ts";
import { generate, NO_TWO_ALIKE } from "./generate.ts";
import { median } from "./median.ts";

const SERVER_CORE = "0";
const RUNS = 3;
const LOAD_SECONDS = 2;
const PORT = 28_443;
const METRICS_PORT = 29_090;
const ROOT = join(import.meta.dirname, "..");

export interface ProgramFigures {
  /** From the start of the process to its first `/readyz` of status 200. */
  readonly milliseconds: number;
  readonly readyMiB: number;
  /** The highest while as many calls as possible came in, for pods of one Deployment. */
  readonly highestMiB: number;
  /** The highest when after that they came for pods of which no two are alike. */
  readonly highestNoTwoAlikeMiB: number;
  readonly program: string;
}

/** The process `outrigger webhook` as it runs in a cluster, certificate from files, but without one. */
export async function measureProgram(): Promise<ProgramFigures> {
  const program = existsSync(join(ROOT, "dist/cli/main.js")) ? "dist/cli/main.js" : "src/cli/main.ts";
  const directory = await mkdtemp(join(tmpdir(), "outrigger-bench-"));
  const authority = await createAuthority("bench", validFor(1, new Date()));
  const leaf = await issueLeaf(authority, {
    ipAddresses: ["127.0.0.1"],
    usage: "server",
    validity: validFor(1, new Date()),
  });
  const files = { "tls.crt": leaf.certificate, "tls.key": leaf.key, "trust.pem": authority.certificate };
  for (const [name, text] of Object.entries(files)) await writeFile(join(directory, name), text);
  const addresses = ["--listen", `127.0.0.1:${PORT}`, "--metrics-listen", `127.0.0.1:${METRICS_PORT}`];
  const certificate = ["--tls-cert", join(directory, "tls.crt"), "--tls-key", join(directory, "tls.key")];
  const flags = [
    "--offline",
    "--mesh-name",
    "shop",
    "--trust",
    join(directory, "trust.pem"),
    ...addresses,
    ...certificate,
  ];
  const runs: Omit<ProgramFigures, "program">[] = [];
  for (let run = 0; run < RUNS; run++) {
    const begun = performance.now();
    const command = ["-c", SERVER_CORE, process.execPath, join(ROOT, program), "webhook", ...flags];
    const child = spawn("taskset", command, { stdio: "ignore" });
    while ((await fetch(`http://127.0.0.1:${METRICS_PORT}/readyz`).catch(() => undefined))?.status !== 200) {
      if (child.exitCode !== null) throw new Error(`outrigger webhook ended with exit code ${child.exitCode}`);
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
    const milliseconds = performance.now() - begun;
    const readyMiB = memory(child.pid, "VmRSS");
    const target = { address: { host: "127.0.0.1", port: PORT }, ca: authority.certificate };
    await generate(target, 0, LOAD_SECONDS);
    const highestMiB = memory(child.pid, "VmHWM");
    await generate(target, 0, LOAD_SECONDS, NO_TWO_ALIKE);
    runs.push({ milliseconds, readyMiB, highestMiB, highestNoTwoAlikeMiB: memory(child.pid, "VmHWM") });
    const ended = new Promise((resolve) => child.once("exit", resolve));
    child.kill("SIGINT");
    await ended;
  }
  await rm(directory, { recursive: true });
  return {
    milliseconds: Math.round(median(runs.map((run) => run.milliseconds))),
    readyMiB: median(runs.map((run) => run.readyMiB)),
    highestMiB: median(runs.map((run) => run.highestMiB)),
    highestNoTwoAlikeMiB: median(runs.map((run) => run.highestNoTwoAlikeMiB)),
    program,
  };
}

function memory(pid: number | undefined, key: "VmRSS" | "VmHWM"): number {
  const status = readFileSync(`/proc/${pid}/status`, "utf8");
  return Math.round(Number(new RegExp(`^${key}:\\s+(\\d+) kB$`, "m").exec(status)?.[1]) / 1024);
}
