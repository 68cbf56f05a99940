// npm run bench:webhook: what one core answers, how late, and in how much memory. Prints a table and keeps bench/results/webhook.json.
import { type ChildProcess, fork } from "node:child_process";
import { readFileSync } from "node:fs";
import { mkdir, writeFile } from "node:fs/promises";
import { cpus, loadavg } from "node:os";
import { join } from "node:path";
import { type Address, generate, type Load, NO_TWO_ALIKE } from "./generate.ts";
import { measureProgram } from "./measure-program.ts";
import { median } from "./median.ts";

const SERVER_CORE = "0";
/** V8 compiles what is hot, on the same core: it took this long until throughput rose no more. */
const WARM_UP_SECONDS = { full: 10, constant: 4 };
const ROUNDS = 3;
const ROUND_SECONDS = 2;
const PACED_SECONDS = 4;
const RATES = [500, 1000];
const ROOT = join(import.meta.dirname, "..");

interface Measured extends Load {
  readonly perSecond: number;
  readonly cpuMicroseconds: number;
  /** How long others kept the server from its core: latencies mean something only when this is next to nothing. */
  readonly waitedMilliseconds: number;
}

interface Server {
  readonly child: ChildProcess;
  readonly address: Address;
  readonly ca: string;
}

const loadBefore = loadavg()[0];
const program = await measureProgram();
const constant = await startServer("constant");
const full = await startServer("full");
await load(constant, 0, WARM_UP_SECONDS.constant);
await load(full, 0, WARM_UP_SECONDS.full);
await load(full, 0, ROUND_SECONDS, NO_TWO_ALIKE);
const rounds: { readonly constant: Measured; readonly full: Measured; readonly varied: Measured }[] = [];
for (let round = 0; round < ROUNDS; round++) {
  // One after the other within a round, so that whatever else the machine does falls on both.
  rounds.push({
    constant: await load(constant, 0, ROUND_SECONDS),
    full: await load(full, 0, ROUND_SECONDS),
    varied: await load(full, 0, ROUND_SECONDS, NO_TWO_ALIKE),
  });
}
const paced: ({ readonly rate: number } & Measured)[] = [];
for (const rate of RATES) paced.push({ rate, ...(await load(full, rate, PACED_SECONDS)) });
const baseline = await load(constant, 1000, PACED_SECONDS);
await Promise.all([stop(constant), stop(full)]);

const throughput = {
  full: Math.round(median(rounds.map((round) => round.full.perSecond))),
  constant: Math.round(median(rounds.map((round) => round.constant.perSecond))),
  fullNoTwoAlike: Math.round(median(rounds.map((round) => round.varied.perSecond))),
  share: round2(median(rounds.map((round) => round.full.perSecond / round.constant.perSecond))),
};
const cpu = {
  full: Math.round(median(rounds.map((round) => round.full.cpuMicroseconds))),
  constant: Math.round(median(rounds.map((round) => round.constant.cpuMicroseconds))),
};
const failures = [...rounds.flatMap((round) => Object.values(round)), ...paced, baseline].reduce(
  (sum, { failures: count }) => sum + count,
  0,
);
const result = {
  measured: new Date().toISOString(),
  machine: { cpu: cpus()[0]?.model ?? "unknown", cores: cpus().length, node: process.version, loadBefore },
  reviewBytes: baseline.bodyBytes,
  connections: 16,
  requestsPerSecondOnOneCore: throughput,
  cpuMicrosecondsPerRequest: cpu,
  latencyMilliseconds: [
    ...paced.map((pace) => latencies("full", pace.rate, pace)),
    latencies("constant", 1000, baseline),
  ],
  memoryMiB: { ready: program.readyMiB, highest: program.highestMiB, highestNoTwoAlike: program.highestNoTwoAlikeMiB },
  readyMilliseconds: program.milliseconds,
  program: program.program,
  failures,
};
await mkdir(join(ROOT, "bench/results"), { recursive: true });
await writeFile(join(ROOT, "bench/results/webhook.json"), `${JSON.stringify(result, undefined, 2)}\n`);
print();
process.exitCode = failures === 0 ? 0 : 1;

function latencies(answer: string, rate: number, { p50, p99, p999, waitedMilliseconds }: Measured): object {
  return { answer, rate, p50, p99, p999, waitedMilliseconds };
}

function print(): void {
  const line = (name: string, fullValue: unknown, constantValue: unknown): string =>
    `${name.padEnd(34)}${String(fullValue).padStart(12)}${String(constantValue).padStart(12)}`;
  const paces = [...paced, { rate: 1000, ...baseline }];
  const at = (rate: number, key: "p50" | "p99" | "p999"): string =>
    String(paces.find((pace) => pace.rate === rate)?.[key]);
  const lines = [
    line("", "full answer", "constant"),
    line("requests/s on one core", throughput.full, throughput.constant),
    line("  share of the constant answer", `${Math.round(throughput.share * 100)} %`, ""),
    line(`  with ${NO_TWO_ALIKE} kinds of pods in turn`, throughput.fullNoTwoAlike, ""),
    line("CPU a request, microseconds", cpu.full, cpu.constant),
    ...RATES.flatMap((rate) =>
      (["p50", "p99", "p999"] as const).map((key) =>
        line(`${key} at ${rate}/s, ms`, at(rate, key), rate === 1000 ? baseline[key] : ""),
      ),
    ),
    line("kept from its core at 1000/s, ms", paced.at(-1)?.waitedMilliseconds, baseline.waitedMilliseconds),
    line("memory ready / highest, MiB", `${program.readyMiB} / ${program.highestMiB}`, ""),
    line(`  highest with ${NO_TWO_ALIKE} kinds of pods`, program.highestNoTwoAlikeMiB, ""),
    line("start to ready, ms", program.milliseconds, ""),
    line("failures", failures, ""),
  ];
  process.stdout.write(`${lines.join("\n")}\n`);
}

function startServer(kind: "full" | "constant"): Promise<Server> {
  const child = fork(join(ROOT, "bench/webhook-server.ts"), [kind], {
    // The child pins itself by being started through taskset.
    execPath: "taskset",
    execArgv: ["-c", SERVER_CORE, process.execPath],
    // Standard error is the log: a thousand lines a second, as in real life, into nothing.
    stdio: ["ignore", "ignore", "ignore", "ipc"],
  });
  return new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("exit", (code) => reject(new Error(`the server ended with exit code ${code} before it listened`)));
    child.once("message", (message) => resolve({ child, ...(message as Omit<Server, "child">) }));
  });
}

async function stop({ child }: Server): Promise<void> {
  const ended = new Promise((resolve) => child.once("exit", resolve));
  child.disconnect();
  await ended;
}

/** Drives a measured server; a rate of 0 means as fast as it answers. */
async function load(server: Server, rate: number, seconds: number, varieties = 1): Promise<Measured> {
  const before = await cpuOf(server);
  const waitedBefore = waitedFor(server);
  const answered = await generate(server, rate, seconds, varieties);
  const spent = (await cpuOf(server)) - before;
  return {
    ...answered,
    perSecond: answered.requests / answered.seconds,
    cpuMicroseconds: spent / answered.requests,
    waitedMilliseconds: Math.round(waitedFor(server) - waitedBefore),
  };
}

/** Milliseconds in which the server could have run and its core was somebody else's (proc(5), schedstat). */
function waitedFor({ child }: Server): number {
  return Number(readFileSync(`/proc/${child.pid}/schedstat`, "utf8").split(" ")[1]) / 1e6;
}

/** User and system time of the server so far, microseconds. */
function cpuOf({ child }: Server): Promise<number> {
  return new Promise((resolve) => {
    child.once("message", (message) => {
      const { cpu: usage } = message as { cpu: NodeJS.CpuUsage };
      resolve(usage.user + usage.system);
    });
    child.send("cpu");
  });
}

function round2(value: number): number {
  return Math.round(value * 100) / 100;
}
