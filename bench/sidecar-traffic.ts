// What two sidecars cost a request that passes both, in a cluster with a node: against none, and against an Envoy that one
// configures by hand. Prints the figures and keeps bench/results/sidecar-traffic.json.
//   npm run testbed -- up --tier node --name bench
//   npm run testbed -- exec --name bench -- node bench/sidecar-traffic.ts [rounds]
import { readFile, writeFile } from "node:fs/promises";
import { cpus, loadavg } from "node:os";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import type { JsonObject } from "../src/model/json.ts";
import { testAuthority } from "../test/envoy/authority.ts";
import { apply } from "../test/node/kubectl.ts";
import { TestNamespace } from "../test/node/sidecar/app-pod.ts";
import { injectedByHand } from "../test/node/sidecar/injected-by-hand.ts";
import { installed } from "../test/node/sidecar/installed.ts";
import { containerMemory } from "./container-memory.ts";
import { withHandMadeEnvoy } from "./hand-made-envoy.ts";
import { inTurns, type Measured, type Shape } from "./in-turns.ts";
import { median } from "./median.ts";

const ROUNDS = Number(process.argv[2] ?? 9);
/** The kubelet measures memory every ten seconds. */
const SETTLE_MS = 25_000;
const RESULT = join(import.meta.dirname, "results/sidecar-traffic.json");

const PLACES = {
  none: new TestNamespace("bench-traffic-none"),
  byHand: new TestNamespace("bench-traffic-by-hand"),
  sidecars: new TestNamespace("bench-traffic-sidecars"),
} as const;
const KINDS = ["none", "byHand", "sidecars"] as const;
type Kind = (typeof KINDS)[number];

const loadBefore = loadavg()[0];
await installed();
const script = await readFile(join(import.meta.dirname, "closed-loop.ts"), "utf8");
try {
  await Promise.all([PLACES.none.create({}, "none"), PLACES.byHand.create({}, "none"), PLACES.sidecars.create()]);
  for (const kind of KINDS) await startPair(kind);
  await wait(SETTLE_MS);
  const memory = await containerMemory();
  const addresses = Object.fromEntries(
    await Promise.all(KINDS.map(async (kind) => [kind, (await PLACES[kind].addressesOf("server")).ipv4] as const)),
  ) as Record<Kind, string>;
  const run = async (kind: Kind, { connections, seconds }: Shape): Promise<Measured> =>
    JSON.parse(
      await PLACES[kind].run("client", script, addresses[kind], "80", String(connections), String(seconds)),
    ) as Measured;
  const { of, perKind } = await inTurns(KINDS, ROUNDS, run);
  const figures = {
    measured: new Date().toISOString(),
    machine: { cpu: cpus()[0]?.model ?? "unknown", cores: cpus().length, loadBefore, loadAfter: loadavg()[0] },
    rounds: ROUNDS,
    oneConnection: {
      p50Milliseconds: perKind(({ latency }, kind) => latency[kind].p50),
      p99Milliseconds: perKind(({ latency }, kind) => latency[kind].p99),
      p50SidecarsToByHand: of(({ latency }) => latency.sidecars.p50 / latency.byHand.p50),
      p50SidecarsToNone: of(({ latency }) => latency.sidecars.p50 / latency.none.p50),
    },
    sixteenConnections: {
      requestsPerSecond: perKind(({ throughput }, kind) => throughput[kind].perSecond),
      sidecarsToByHand: of(({ throughput }) => throughput.sidecars.perSecond / throughput.byHand.perSecond),
      sidecarsToNone: of(({ throughput }) => throughput.sidecars.perSecond / throughput.none.perSecond),
    },
    idleEnvoyMiB: Object.fromEntries(
      (["byHand", "sidecars"] as const).map((kind) => {
        const those = memory.filter((one) => one.namespace === PLACES[kind].name && one.container === "envoy");
        return [kind, median(those.map(({ workingSetMiB }) => workingSetMiB))];
      }),
    ),
  };
  await writeFile(RESULT, `${JSON.stringify(figures, undefined, 2)}\n`);
  process.stdout.write(`${JSON.stringify(figures, undefined, 2)}\n`);
} finally {
  await Promise.all(KINDS.map((kind) => PLACES[kind].delete()));
}

/** A pod that asks and one that answers. */
async function startPair(kind: Kind): Promise<void> {
  const place = PLACES[kind];
  const server = { spec: { containers: [{ name: "nginx", image: "nginx", ports: [{ containerPort: 80 }] }] } };
  const pods = [place.pod("server", server), place.pod("client")];
  await apply(...(kind === "byHand" ? await Promise.all(pods.map(byHand)) : pods));
  await place.ready("server", "client");
}

async function byHand(pod: object): Promise<object> {
  const { pem } = await testAuthority();
  return withHandMadeEnvoy((await injectedByHand(pod, pem)) as JsonObject);
}
