// What a routed request costs through a pair of sidecars, with a header match, retries and no access log, as the control plane makes them
// of App Mesh objects: beside the same configuration written by hand, and beside no Envoy. On loopback, in turns, with one thread for each
// Envoy. Prints the figures as JSON: `npm run bench:routed -- [ROUNDS]`.
import { execFile, fork } from "node:child_process";
import { once } from "node:events";
import { cpus, loadavg } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { ask, succeeds } from "../test/envoy/ask.ts";
import { eventually, type RunningEnvoy, startEnvoy } from "../test/envoy/envoy-process.ts";
import { sidecars } from "../test/envoy/mesh/sidecars.ts";
import { freePorts } from "../testbed/process/free-port.ts";
import { median } from "./median.ts";
import { backByHand, frontByHand, HEADER, HOST, meshOf } from "./routed-pair.ts";

const ROUNDS = Number(process.argv[2] ?? 9);
/** A single connection shows what one request waits; sixteen keep everything busy. */
const LATENCY = { connections: 1, seconds: 2 };
const THROUGHPUT = { connections: 16, seconds: 2 };
/** Where each kind is called; apps and sidecars share a port. */
const PLACES = { none: "127.0.0.1", byHand: "127.0.0.5", sidecars: "127.0.0.3" } as const;
const TAKES = { byHand: "127.0.0.6", sidecars: "127.0.0.2" } as const;
const KINDS = ["none", "byHand", "sidecars"] as const;
type Kind = (typeof KINDS)[number];

interface Measured {
  readonly requests: number;
  readonly perSecond: number;
  /** Milliseconds. */
  readonly p50: number;
  readonly p99: number;
}

const loadBefore = loadavg()[0];
const [port = 0, frontAdmin = 0, backAdmin = 0] = await freePorts(3);
const app = fork(join(import.meta.dirname, "constant-app.ts"), [String(port)]);
const appListens = once(app, "message");
const envoys: RunningEnvoy[] = [];
const mesh = await sidecars(meshOf(port), {
  hosts: { "back.shop.svc.cluster.local": [TAKES.sidecars] },
  sidecars: {
    front: { calls: [[PLACES.sidecars, port]] },
    back: { takes: [[TAKES.sidecars, port]] },
  },
});
try {
  await appListens;
  const byHand = [
    frontByHand([PLACES.byHand, port], [TAKES.byHand, port], frontAdmin),
    backByHand([TAKES.byHand, port], ["127.0.0.1", port], backAdmin),
  ];
  for (const configuration of byHand) envoys.push(await startEnvoy(JSON.stringify(configuration)));
  const headers = { host: HOST, [HEADER.name]: HEADER.value };
  for (const kind of KINDS) await eventually(() => ask({ host: PLACES[kind], port, path: "/", headers }), succeeds);

  for (const kind of KINDS) await run(kind, THROUGHPUT);
  const rounds: { readonly latency: Record<Kind, Measured>; readonly throughput: Record<Kind, Measured> }[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    rounds.push({ latency: await inTurn(round, LATENCY), throughput: await inTurn(round, THROUGHPUT) });
  }
  const of = (value: (round: (typeof rounds)[number]) => number): number =>
    Number(median(rounds.map(value)).toPrecision(3));
  const perKind = (value: (round: (typeof rounds)[number], kind: Kind) => number): Record<Kind, number> =>
    Object.fromEntries(KINDS.map((kind) => [kind, of((round) => value(round, kind))])) as Record<Kind, number>;
  const figures = {
    measured: new Date().toISOString(),
    machine: { cpu: cpus()[0]?.model ?? "unknown", cores: cpus().length, loadBefore, loadAfter: loadavg()[0] },
    rounds: ROUNDS,
    oneConnection: {
      p50Milliseconds: perKind(({ latency }, kind) => latency[kind].p50),
      p99Milliseconds: perKind(({ latency }, kind) => latency[kind].p99),
      p50SidecarsToByHand: of(({ latency }) => latency.sidecars.p50 / latency.byHand.p50),
      p99SidecarsToByHand: of(({ latency }) => latency.sidecars.p99 / latency.byHand.p99),
    },
    sixteenConnections: {
      requestsPerSecond: perKind(({ throughput }, kind) => throughput[kind].perSecond),
      sidecarsToByHand: of(({ throughput }) => throughput.sidecars.perSecond / throughput.byHand.perSecond),
    },
  };
  process.stdout.write(`${JSON.stringify(figures, undefined, 2)}\n`);
} finally {
  for (const envoy of envoys) await envoy.stop();
  await mesh.stop();
  app.kill();
}

/** Another one first in each round, so that whatever else the machine does falls on all. */
async function inTurn(round: number, shape: typeof LATENCY): Promise<Record<Kind, Measured>> {
  const order = [...KINDS.slice(round % KINDS.length), ...KINDS.slice(0, round % KINDS.length)];
  const measured: Partial<Record<Kind, Measured>> = {};
  for (const kind of order) measured[kind] = await run(kind, shape);
  return measured as Record<Kind, Measured>;
}

async function run(kind: Kind, { connections, seconds }: typeof LATENCY): Promise<Measured> {
  const script = join(import.meta.dirname, "closed-loop.ts");
  const { stdout } = await promisify(execFile)(
    process.execPath,
    [script, PLACES[kind], String(port), String(connections), String(seconds)],
    { env: { ...process.env, REQUEST_HEAD: `Host: ${HOST}\r\n${HEADER.name}: ${HEADER.value}` } },
  );
  return JSON.parse(stdout) as Measured;
}
