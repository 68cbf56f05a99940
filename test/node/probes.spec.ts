import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { apply } from "./kubectl.ts";
import { TestNamespace } from "./sidecar/app-pod.ts";
import { type ContainerState, containerStates } from "./sidecar/container-states.ts";
import { installed } from "./sidecar/installed.ts";

/*
 * Probes of every kind, asked by a kubelet: they succeed when the app's do, and fail when the app's fail. One container for each
 * kind, with ports of its own, so that all of them share one pod and one Envoy.
 */

const MESH = new TestNamespace("probes");
const PREPARE_MS = 300_000;
const PATIENCE = { timeout: 90_000, interval: 500 };

interface Kind {
  readonly name: string;
  /** The switch of the test application that the probe asks for. */
  readonly turn: string;
  readonly flags: (port: number) => readonly string[];
  /** With the port's number, or its name `probed`. */
  readonly action: (port: number) => object;
}

const KINDS: readonly Kind[] = [
  {
    name: "http",
    turn: "web",
    flags: () => [],
    action: (port) => ({ httpGet: { path: "/probe/web?deep=1", port } }),
  },
  {
    name: "http-named",
    turn: "web",
    flags: () => [],
    action: () => ({ httpGet: { path: "/probe/web", port: "p-http-named" } }),
  },
  {
    name: "https",
    turn: "web",
    flags: (port) => ["--https", String(port)],
    action: (port) => ({ httpGet: { path: "/probe/web", port, scheme: "HTTPS" } }),
  },
  { name: "tcp", turn: "tcp", flags: (port) => ["--tcp", String(port)], action: (port) => ({ tcpSocket: { port } }) },
  {
    name: "tcp-named",
    turn: "tcp",
    flags: (port) => ["--tcp", String(port)],
    action: () => ({ tcpSocket: { port: "p-tcp-named" } }),
  },
  { name: "grpc", turn: "grpc", flags: () => [], action: (port) => ({ grpc: { port } }) },
  { name: "grpc-service", turn: "cart", flags: () => [], action: (port) => ({ grpc: { port, service: "cart" } }) },
  {
    name: "exec",
    turn: "exec",
    flags: () => [],
    action: (port) => ({
      exec: { command: ["wget", "-q", "-O", "/dev/null", `http://127.0.0.1:${controlPort(port)}/probe/exec`] },
    }),
  },
];
const NAMES = KINDS.map(({ name }) => name);
/** Kinds that ask for a port: an app that never listens fails them. */
const ASKING = KINDS.filter(({ name }) => name !== "exec");

/** A busy machine may take seconds to answer: what is wrong is said by the switch, not by being late. */
const OFTEN = { periodSeconds: 1, timeoutSeconds: 10 };

function portOf(kind: Kind): number {
  return 8100 + KINDS.indexOf(kind);
}

/** Undeclared, and so not captured: the test turns switches there. */
function controlPort(port: number): number {
  return port + 100;
}

/** A container of the kind's name; the port that is probed is declared, and so captured. */
function container(kind: Kind, probes: (action: object) => object, more: object = {}): object {
  const port = portOf(kind);
  const ownFlags = kind.flags(port);
  const http = ownFlags.length === 0 ? [port, controlPort(port)] : [controlPort(port)];
  return {
    name: kind.name,
    image: "testbed/app:1",
    args: ["serve", "--http", http.join(","), "--stop", "abrupt", ...ownFlags],
    ports: [{ name: `p-${kind.name}`, containerPort: port }],
    ...probes(kind.action(port)),
    ...more,
  };
}

const pod = (name: string, containers: readonly object[]) => MESH.pod(name, { spec: { containers } });

let addresses: Readonly<Record<"readiness" | "liveness", string>>;

beforeAll(async () => {
  await Promise.all([installed(), MESH.create()]);
  await apply(
    pod(
      "readiness",
      KINDS.map((kind) =>
        container(kind, (action) => ({ readinessProbe: { ...action, ...OFTEN, failureThreshold: 1 } })),
      ),
    ),
    pod(
      "liveness",
      KINDS.map((kind) =>
        container(kind, (action) => ({
          startupProbe: { ...action, ...OFTEN, failureThreshold: 240 },
          livenessProbe: { ...action, ...OFTEN, failureThreshold: 1 },
        })),
      ),
    ),
    pod(
      "silent",
      ASKING.map((kind) =>
        container(kind, (action) => ({ startupProbe: { ...action, ...OFTEN, failureThreshold: 1 } }), {
          command: ["sleep", "3600"],
          args: [],
        }),
      ),
    ),
    pod(
      "unready",
      ASKING.map((kind) =>
        container(kind, (action) => ({ readinessProbe: { ...action, ...OFTEN, failureThreshold: 1 } }), {
          command: ["sleep", "3600"],
          args: [],
        }),
      ),
    ),
  );
  await MESH.ready("readiness", "liveness");
  const [readiness, liveness] = await Promise.all([MESH.addressesOf("readiness"), MESH.addressesOf("liveness")]);
  addresses = { readiness: readiness.ipv4, liveness: liveness.ipv4 };
}, PREPARE_MS);

afterAll(() => MESH.delete());

/** Turns each container's switch. */
async function turn(where: keyof typeof addresses, to: "fail" | "pass"): Promise<void> {
  await Promise.all(
    KINDS.map(async (kind) => {
      const url = `http://${addresses[where]}:${controlPort(portOf(kind))}/control?${to}=${kind.turn}`;
      expect((await fetch(url, { signal: AbortSignal.timeout(30_000) })).status).toBe(200);
    }),
  );
}

/** One thing about each of the app's containers of a pod. */
async function each<T>(podName: string, read: (state: ContainerState) => T): Promise<Readonly<Record<string, T>>> {
  const states = Object.entries(await containerStates(MESH.name, podName));
  return Object.fromEntries(
    states.filter(([name]) => NAMES.includes(name)).map(([name, state]) => [name, read(state)]),
  );
}

const all = <T>(kinds: readonly Kind[], value: T) => Object.fromEntries(kinds.map(({ name }) => [name, value]));

test("what was captured is asked through the sidecar: probes of ports are rewritten, commands are not", async () => {
  const path = `{range .spec.containers[*]}{.name}={.readinessProbe.httpGet.port} {end}`;
  const shown = await MESH.kubectl("get", "pod", "readiness", `--output=jsonpath=${path}`);
  expect(
    Object.fromEntries(
      shown
        .trim()
        .split(" ")
        .map((entry) => entry.split("=")),
    ),
  ).toEqual({
    ...all(ASKING, "15020"),
    exec: "",
  });
});

test("a container is ready while its readiness probe succeeds, and only then", async () => {
  expect(await each("readiness", ({ ready }) => ready)).toEqual(all(KINDS, true));
  await turn("readiness", "fail");
  await vi.waitFor(
    async () => expect(await each("readiness", ({ ready }) => ready)).toEqual(all(KINDS, false)),
    PATIENCE,
  );
  await turn("readiness", "pass");
  await vi.waitFor(
    async () => expect(await each("readiness", ({ ready }) => ready)).toEqual(all(KINDS, true)),
    PATIENCE,
  );
  expect(await each("readiness", ({ restarts }) => restarts)).toEqual(all(KINDS, 0));
});

describe("a liveness probe", () => {
  test("leaves a container alone while it succeeds, after a startup probe has", async () => {
    expect(await each("liveness", ({ started, restarts }) => [started, restarts])).toEqual(all(KINDS, [true, 0]));
  });

  test("has the container restarted when it fails, and succeeds again then", async () => {
    await turn("liveness", "fail");
    await vi.waitFor(async () => {
      // a kubelet may count one failure twice: the old container's last, just when the new one is up
      const states = await each("liveness", ({ restarts, started }) => [restarts > 0, started]);
      expect(states).toEqual(all(KINDS, [true, true]));
    }, PATIENCE);
  });
});

test("the startup probe of an app that never listens fails, and has it restarted", async () => {
  await vi.waitFor(async () => {
    const states = await each("silent", ({ started, restarts }) => [started, restarts > 0]);
    expect(states).toEqual(all(ASKING, [false, true]));
  }, PATIENCE);
});

test("the readiness probe of an app that never listens fails, although Envoy listens", async () => {
  await vi.waitFor(async () => {
    const { envoy, ...containers } = await containerStates(MESH.name, "unready");
    expect([envoy?.ready, containers[KINDS[0]?.name ?? ""]?.started]).toEqual([true, true]);
  }, PATIENCE);
  expect(await each("unready", ({ ready }) => ready)).toEqual(all(ASKING, false));
});
