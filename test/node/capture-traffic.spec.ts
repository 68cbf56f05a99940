import { createInterface } from "node:readline";
import type { Readable } from "node:stream";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { BootstrapSpec } from "../../src/bootstrap/spec.ts";
import { PORTS } from "../../src/model/names.ts";
import { envoyBinary } from "../../testbed/envoy-binary.ts";
import { configYaml } from "../envoy/envoy-process.ts";
import { LOOPBACK_POD } from "../envoy/kubelet-expansion.ts";
import { PLAIN_SPEC } from "../envoy/plain-spec.ts";
import { BACKENDS, type CaptureProgram, captureProgram, INJECTED } from "./capture-program.ts";
import { FAMILIES } from "./families.ts";
import { connectedNamespaces, expectSuccess, type NetworkNamespace } from "./network-namespace.ts";

/* A pod with real rules and a real Envoy, another pod beside it, and connections of every kind between the two. */

const SPEC: BootstrapSpec = { ...PLAIN_SPEC, ipv6: FAMILIES.includes("ipv6"), statsTags: true };
const SERVER = fileURLToPath(import.meta.resolve("./socket-server.ts"));
const CLIENT = fileURLToPath(import.meta.resolve("./socket-client.ts"));

const POD = { ipv4: "10.99.0.1", ipv6: "fd99::1" } as const;
const OTHER = { ipv4: "10.99.0.2", ipv6: "fd99::2" } as const;
const ALONE = { ipv4: "10.99.0.200", ipv6: "fd99::200" } as const;
const PREFIX = { ipv4: 24, ipv6: 64 } as const;
const [APP, ENVOY] = [1000, 1337];

describe.each(BACKENDS)("with rules of back end %s", (backend) => {
  let capture: CaptureProgram;
  let pod: NetworkNamespace;
  let other: NetworkNamespace;

  beforeAll(async () => {
    [capture, [pod, other]] = await Promise.all([captureProgram(), connectedNamespaces()]);
    const env = {
      ...INJECTED,
      APPMESH_APP_PORTS: "80,8000:8010,15000:15001",
      APPMESH_EGRESS_IGNORED_PORTS: "22,7000",
      APPMESH_EGRESS_IGNORED_IP: `${ALONE.ipv4},${ALONE.ipv6}`,
    };
    expect(await capture.run(pod, backend, { env, as: { capabilities: ["net_admin", "net_raw"] } })).toMatchObject({
      code: 0,
    });
    // the addresses that are left alone lead to the other pod too, which never uses them for connections of its own
    for (const family of FAMILIES) {
      const words = ["dev", "eth0", "preferred_lft", "0", ...(family === "ipv6" ? ["nodad"] : [])];
      await expectSuccess(other.run(["ip", "address", "add", `${ALONE[family]}/${PREFIX[family]}`, ...words]));
    }
    const config = configYaml(SPEC, { pod: LOOPBACK_POD, ports: new Map(), identity: "/nowhere" });
    const envoy = pod.start([await envoyBinary(), "--config-yaml", config, "--concurrency", "1", "-l", "error"], {
      as: { user: ENVOY },
    });
    envoy.stdout?.resume();
    envoy.stderr?.resume();
    await Promise.all([listening(pod, [80, 81, 8005]), listening(other, [22, 80, 7000, 8080]), ready()]);
  });
  afterAll(async () => {
    await Promise.all([pod?.close(), other?.close()]);
  });

  async function listening(namespace: NetworkNamespace, ports: readonly number[]): Promise<void> {
    const server = namespace.start([process.execPath, SERVER, ...ports.map(String)], { as: { user: 0 } });
    server.stderr?.resume();
    for await (const line of createInterface(server.stdout as Readable)) if (line === "ready") return;
    throw new Error("a server ended before it listened");
  }

  async function ready(): Promise<void> {
    while ((await metrics()) === undefined) await new Promise((later) => setTimeout(later, 50));
  }

  /** Envoy's statistics, asked from inside the pod; undefined while there is no answer. */
  async function metrics(): Promise<string | undefined> {
    const fetching = `const r = await fetch("http://127.0.0.1:${PORTS.status}/stats/prometheus"); if (!r.ok) process.exit(1); process.stdout.write(await r.text())`;
    const { code, stdout } = await pod.run([process.execPath, "--input-type=module", "-e", fetching]);
    return code === 0 ? stdout : undefined;
  }

  /** Connections that Envoy passed on, and ones that it closed because they were made straight to it, by direction. */
  async function counters(): Promise<{
    inbound: number;
    outbound: number;
    inbound_direct: number;
    outbound_direct: number;
  }> {
    const lines = ((await metrics()) ?? "").split("\n");
    const value = (prefix: string): number =>
      Number(
        lines
          .find((line) => line.startsWith("envoy_tcp_downstream_cx_total{") && line.includes(`"${prefix}"`))
          ?.split(" ")[1] ?? 0,
      );
    return {
      inbound: value("inbound"),
      outbound: value("outbound"),
      inbound_direct: value("inbound_direct"),
      outbound_direct: value("outbound_direct"),
    };
  }

  /** Connects as this user and returns what came back, and which of Envoy's counters rose by how much. */
  async function connecting(from: NetworkNamespace, user: number, host: string, port: number) {
    const before = await counters();
    const { code, stdout, stderr } = await from.run([process.execPath, CLIENT, host, String(port)], { as: { user } });
    const after = await counters();
    const rose = Object.entries(after)
      .map(([name, count]) => [name, count - before[name as keyof typeof before]] as const)
      .filter(([, difference]) => difference !== 0);
    return { code, answer: stdout, through: Object.fromEntries(rose), stderr };
  }

  describe.each(FAMILIES)("over %s", (family) => {
    test.each([80, 8005])(
      "a connection from another pod to the declared port %d goes through Envoy to the app",
      async (port) => {
        const { answer, through } = await connecting(other, APP, POD[family], port);
        // a server that speaks first is heard, and Envoy is who came
        expect(answer).toBe(`${port} ${POD[family]}\necho\n`);
        expect(through).toEqual({ inbound: 1 });
      },
    );

    test("a connection to a port that was not declared reaches the app past Envoy", async () => {
      const { answer, through } = await connecting(other, APP, POD[family], 81);
      expect(answer).toBe(`81 ${OTHER[family]}\necho\n`);
      expect(through).toEqual({});
    });

    test("an outgoing connection of the app goes through Envoy to where it was to go", async () => {
      const { answer, through } = await connecting(pod, APP, OTHER[family], 8080);
      expect(answer).toBe(`8080 ${POD[family]}\necho\n`);
      expect(through).toEqual({ outbound: 1 });
    });

    test.each([
      ["of Envoy's own user", ENVOY, OTHER[family], 8080],
      ["to an ignored port", APP, OTHER[family], 7000],
      ["to port 22", APP, OTHER[family], 22],
      ["to an ignored address", APP, ALONE[family], 8080],
    ] as const)("an outgoing connection %s goes past Envoy", async (_, user, host, port) => {
      const { answer, through } = await connecting(pod, user, host, port);
      expect(answer).toBe(`${port} ${POD[family]}\necho\n`);
      expect(through).toEqual({});
    });

    test.each([
      ["its own address", POD[family]],
      ["loopback", family === "ipv4" ? "127.0.0.1" : "::1"],
    ])("a connection of the pod to %s goes past Envoy", async (_, host) => {
      const { answer, through } = await connecting(pod, APP, host, 80);
      expect(answer).toBe(`80 ${host}\necho\n`);
      expect(through).toEqual({});
    });

    test.each([
      ["inbound", PORTS.inbound],
      ["outbound", PORTS.outbound],
    ])(
      "a connection from another pod straight to Envoy's %s port is closed and counted, once",
      async (direction, port) => {
        const { answer, through } = await connecting(other, APP, POD[family], port);
        expect(answer).toBe("");
        expect(through).toEqual({ [`${direction}_direct`]: 1 });
      },
    );

    test("a connection of the app straight to another pod's Envoy port ends at its own Envoy", async () => {
      const { answer, through } = await connecting(pod, APP, OTHER[family], PORTS.outbound);
      expect(answer).toBe("");
      expect(through).toEqual({ outbound_direct: 1 });
    });
  });

  test("after removing, everything goes past Envoy", async () => {
    expect(await capture.run(pod, backend, { env: {}, words: ["remove"] })).toMatchObject({ code: 0 });
    expect((await connecting(other, APP, POD.ipv4, 80)).through).toEqual({});
    for (const family of FAMILIES) {
      expect((await connecting(pod, APP, OTHER[family], 8080)).through).toEqual({});
    }
  });
});
