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
import { inTurns, type Measured, type Shape } from "./in-turns.ts";
import { backByHand, frontByHand, HEADER, HOST, meshOf } from "./routed-pair.ts";

const ROUNDS = Number(process.argv[2] ?? 9);
/** Where each kind is called; apps and sidecars share a port. */
const PLACES = { none: "127.0.0.1", byHand: "127.0.0.5", sidecars: "127.0.0.3" } as const;
const TAKES = { byHand: "127.0.0.6", sidecars: "127.0.0.2" } as const;
const KINDS = ["none", "byHand", "sidecars"] as const;
type Kind = (typeof KINDS)[number];

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

  const { of, perKind } = await inTurns(KINDS, ROUNDS, run);
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

async function run(kind: Kind, { connections, seconds }: Shape): Promise<Measured> {
  const script = join(import.meta.dirname, "closed-loop.ts");
  const { stdout } = await promisify(execFile)(
    process.execPath,
    [script, PLACES[kind], String(port), String(connections), String(seconds)],
    { env: { ...process.env, REQUEST_HEAD: `Host: ${HOST}\r\n${HEADER.name}: ${HEADER.value}` } },
  );
  return JSON.parse(stdout) as Measured;
}
