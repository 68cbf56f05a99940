import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { afterAll, afterEach, beforeAll, beforeEach, expect, test, vi } from "vitest";
import { kubeClient } from "../../src/kube/client.ts";
import { kubeEndpoint } from "../../src/kube/endpoint.ts";
import { runAsLeader } from "../../src/kube/leader.ts";
import { leaseRecord } from "../../src/kube/lease.ts";
import { type Cluster, startCluster } from "../../testbed/cluster.ts";
import { type ApiConnection, connectApi } from "./api-connection.ts";
import { createNamespace } from "./namespaces.ts";

const PATIENCE = { timeout: 90_000, interval: 50 };
const LONGER_THAN_A_LEASE_MS = 8_000;
const HOUR = 3_600_000;

let cluster: Cluster;
let api: ApiConnection;
let namespace: string;
let candidates: Candidate[];

interface Candidate {
  readonly process: ChildProcess;
  /** `leads` and `stops`, as it said them. */
  readonly said: string[];
}

beforeAll(async () => {
  // Of its own, because it is stopped and started again.
  cluster = await startCluster();
  const { server, kubeconfig, credentials, binaries } = cluster;
  api = connectApi({ server, kubeconfig, kubectl: binaries.kubectl, ...credentials });
});
afterAll(async () => {
  await api?.close();
  await cluster?.stop();
});

beforeEach(async () => {
  candidates = [];
  namespace = await createNamespace(api, "leader");
});
afterEach(async () => {
  for (const candidate of candidates) await end(candidate, "SIGKILL");
});

function candidate(identity: string, skew = 0): Candidate {
  const script = join(import.meta.dirname, "leader-candidate.ts");
  const child = spawn(process.execPath, [script, cluster.kubeconfig, namespace, identity, String(skew)], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const said: string[] = [];
  child.stdout.setEncoding("utf8").on("data", (text: string) => said.push(...text.trim().split("\n")));
  const made = { process: child, said };
  candidates.push(made);
  return made;
}

async function end({ process: child }: Candidate, signal: NodeJS.Signals): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  // what it said at last may be read after its exit
  const ended = once(child, "close");
  child.kill(signal);
  await ended;
}

async function leads({ said }: Candidate): Promise<void> {
  await vi.waitFor(() => expect(said.at(-1)).toBe("leads"), PATIENCE);
}

async function lease() {
  return leaseRecord(
    (await api.send("GET", `/apis/coordination.k8s.io/v1/namespaces/${namespace}/leases/contested`)).body,
  );
}

test("of two candidates one leads, and when it is told to stop it gives way", async () => {
  const first = candidate("first");
  await leads(first);
  const second = candidate("second");
  await wait(1_000);
  expect(second.said).toEqual([]);
  await end(first, "SIGTERM");
  expect(first.said).toEqual(["leads", "stops"]);
  await leads(second);
  expect(await lease()).toMatchObject({ holder: "second", transitions: 1 });
});

test("wrong clocks make nobody lead who should not: the other takes over only when the leader is dead", async () => {
  const slow = candidate("slow", -HOUR);
  await leads(slow);
  const fast = candidate("fast", HOUR);
  await wait(LONGER_THAN_A_LEASE_MS);
  expect([slow.said, fast.said]).toEqual([["leads"], []]);
  await end(slow, "SIGKILL");
  expect((await lease()).holder).toBe("slow");
  await leads(fast);
  expect((await lease()).holder).toBe("fast");
});

test("a leader that was killed and comes back under its name goes on without waiting for its own Lease", async () => {
  const before = candidate("same");
  await leads(before);
  await end(before, "SIGKILL");
  const after = candidate("same");
  await leads(after);
  expect(await lease()).toMatchObject({ holder: "same", transitions: 0 });
});

test("of six candidates that start at once exactly one leads", async () => {
  const six = Array.from({ length: 6 }, (_, index) => candidate(`candidate-${index}`));
  await vi.waitFor(() => expect(six.flatMap(({ said }) => said)).toContain("leads"), PATIENCE);
  await wait(2_000);
  expect(six.flatMap(({ said }) => said)).toEqual(["leads"]);
});

test("a leader without its API server stops in time, and leads again when it is back", async () => {
  const abort = new AbortController();
  const terms: string[] = [];
  const election = {
    client: kubeClient(await kubeEndpoint(cluster.kubeconfig, {})),
    lease: { namespace, name: "contested" },
    identity: "alone",
    timings: { duration: 3_000, renewDeadline: 2_000, retry: 100, release: 500 },
  };
  const running = runAsLeader(
    election,
    async (signal) => {
      terms.push("leads");
      await new Promise((resolve) => signal.addEventListener("abort", resolve, { once: true }));
      terms.push("stops");
    },
    abort.signal,
  );
  try {
    await vi.waitFor(() => expect(terms.at(-1)).toBe("leads"), PATIENCE);
    await cluster.stopApiServer();
    await vi.waitFor(() => expect(terms.at(-1)).toBe("stops"), PATIENCE);
    await cluster.startApiServer();
    await vi.waitFor(() => expect(terms.at(-1)).toBe("leads"), PATIENCE);
  } finally {
    abort.abort();
    await running;
  }
  expect((await lease()).holder).toBe("");
});
