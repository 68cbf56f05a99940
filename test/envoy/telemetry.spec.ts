import { createSocket, type Socket } from "node:dgram";
import { once } from "node:events";
import { createServer, type Server } from "node:http";
import { createServer as createHttp2Server, type Http2Server } from "node:http2";
import type { AddressInfo } from "node:net";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { bootstrap } from "../../src/bootstrap/bootstrap.ts";
import type { BootstrapSpec, Tracing } from "../../src/bootstrap/spec.ts";
import { PORTS } from "../../src/model/names.ts";
import { ask, succeeds } from "./ask.ts";
import { configYaml, eventually, type RunningEnvoy, sidecarPorts, startEnvoy } from "./envoy-process.ts";
import { LOOPBACK_POD } from "./kubelet-expansion.ts";
import { PLAIN_SPEC } from "./plain-spec.ts";
import { tracedListener } from "./traced-listener.ts";

/* Statistics and traces arrive where they are sent, by address and by host name. */

const BASE: BootstrapSpec = { ...PLAIN_SPEC, statsTags: true };

let ports: ReadonlyMap<number, number>;
let envoy: RunningEnvoy | undefined;
let udp: { readonly port: number; readonly received: string[]; readonly socket: Socket };

beforeEach(async () => {
  ports = await sidecarPorts();
  udp = await udpServer();
});

afterEach(async () => {
  await envoy?.stop();
  envoy = undefined;
  udp.socket.close();
});

describe("statistics go to statsd", () => {
  test.each(["127.0.0.1", "localhost", "\0OUTRIGGER_HOST_IP\0"])("at %j, with their tags", async (address) => {
    await start({ ...BASE, statsd: { kind: "address", address, port: udp.port } });
    const all = await eventually(
      async () => udp.received.join("\n"),
      (text) => text.includes("server.live"),
    );
    expect(all).toMatch(/^envoy\.server\.live:1\|g\|#.*appmesh\.mesh:shop/m);
    expect(all).toMatch(/appmesh\.virtual_node:cart-node/);
  });

  test("not at all unless asked", async () => {
    await start(BASE);
    expect(bootstrap(BASE)).not.toHaveProperty("stats_sinks");
    expect(udp.received).toEqual([]);
  });
});

describe("a listener with the tracing that the pod's bootstrap says", () => {
  test.each(["127.0.0.1", "localhost"])("sends X-Ray segments to a daemon at %s", async (address) => {
    await startTraced({ kind: "xray", address, port: udp.port, samplingRate: 1, segmentName: "shop/cart-node" });
    const segment = await eventually(
      requestAnd(() => udp.received[0]),
      (text) => text !== undefined,
    );
    expect(segment).toContain('"name":"shop/cart-node"');
  });

  test.each(["127.0.0.1", "localhost"])("sends Zipkin spans to Jaeger at %s", async (address) => {
    const collector = await httpCollector();
    try {
      await startTraced({ kind: "jaeger", address, port: collector.port, samplingRate: 1 });
      const [seen] = await eventually(
        requestAnd(() => collector.seen),
        ({ length }) => length > 0,
      );
      expect(seen?.target).toBe("POST /api/v2/spans");
      const [span] = JSON.parse(seen?.body ?? "[]") as { localEndpoint: { serviceName: string } }[];
      expect(span?.localEndpoint.serviceName).toBe("mesh/shop/virtualNode/cart-node");
    } finally {
      await collector.close();
    }
  });

  test("samples nothing at a rate of 0", async () => {
    const collector = await httpCollector();
    try {
      await startTraced({ kind: "jaeger", address: "127.0.0.1", port: collector.port, samplingRate: 0 });
      for (let count = 0; count < 20; count += 1) await request();
      const { body } = await ask({ host: "127.0.0.1", port: portOf(PORTS.status), path: "/stats/prometheus" });
      expect(body).toMatch(/envoy_http_tracing_not_traceable\{[^}]*\} 20$/m);
      expect(collector.seen).toEqual([]);
    } finally {
      await collector.close();
    }
  });

  test("sends Datadog traces to the agent", async () => {
    const collector = await httpCollector();
    try {
      const { port } = collector;
      await startTraced({
        kind: "datadog",
        address: "localhost",
        port,
        samplingRate: 1,
        serviceName: "envoy-shop/cart-node",
      });
      const isTrace = ({ target, body }: Seen): boolean =>
        target.endsWith("/traces") && body.includes("envoy-shop/cart-node");
      await eventually(
        requestAnd(() => collector.seen),
        (seen) => seen.some(isTrace),
      );
    } finally {
      await collector.close();
    }
  });

  test("sends OpenTelemetry spans to the collector", async () => {
    const collector = await grpcCollector();
    try {
      const { port } = collector;
      await startTraced({
        kind: "otel",
        address: "localhost",
        port,
        samplingRate: 1,
        serviceName: "envoy-shop/cart-node",
      });
      const [seen] = await eventually(
        requestAnd(() => collector.seen),
        ({ length }) => length > 0,
      );
      expect(seen?.target).toBe("POST /opentelemetry.proto.collector.trace.v1.TraceService/Export");
      expect(seen?.body).toContain("envoy-shop/cart-node");
    } finally {
      await collector.close();
    }
  });
});

interface Seen {
  readonly target: string;
  readonly body: string;
}

interface Collector {
  readonly port: number;
  readonly seen: Seen[];
  readonly close: () => Promise<void>;
}

async function start(spec: BootstrapSpec): Promise<void> {
  await launch(configYaml(spec, { pod: LOOPBACK_POD, ports, identity: "/nowhere" }));
}

/** As the control plane would: a listener with the tracing that the pod's bootstrap says, here in place of 15001. */
async function startTraced(tracing: Tracing): Promise<void> {
  const text = configYaml({ ...BASE, tracing }, { pod: LOOPBACK_POD, ports, identity: "/nowhere" });
  const config = JSON.parse(text) as { static_resources: { listeners: object[] } };
  const { static_resources: resources } = config;
  const others = resources.listeners.filter(
    (listener) => !("name" in listener && listener.name === "outrigger_outbound"),
  );
  resources.listeners = [...others, tracedListener(portOf(PORTS.outbound), text, BASE.node)];
  await launch(JSON.stringify(config));
}

async function launch(config: string): Promise<void> {
  envoy = await startEnvoy(config);
  await eventually(() => ask({ host: "127.0.0.1", port: portOf(PORTS.status), path: "/ready" }), succeeds);
}

function request(): ReturnType<typeof ask> {
  return ask({ host: "127.0.0.1", port: portOf(PORTS.outbound), path: "/" });
}

/** Makes a request to trace, then looks. */
function requestAnd<T>(look: () => T): () => Promise<T> {
  return async () => {
    await request();
    return look();
  };
}

function portOf(port: number): number {
  return ports.get(port) as number;
}

async function udpServer(): Promise<typeof udp> {
  const received: string[] = [];
  const socket = createSocket("udp6", (message) => received.push(message.toString()));
  socket.bind(0, "::");
  await once(socket, "listening");
  return { port: socket.address().port, received, socket };
}

async function httpCollector(): Promise<Collector> {
  const seen: Seen[] = [];
  const server = createServer((incoming, response) => {
    const chunks: Buffer[] = [];
    incoming.on("data", (chunk: Buffer) => chunks.push(chunk));
    incoming.on("end", () => {
      seen.push({ target: `${incoming.method} ${incoming.url}`, body: Buffer.concat(chunks).toString("latin1") });
      response.end("{}");
    });
  });
  return collecting(server, seen, () => server.closeAllConnections());
}

async function grpcCollector(): Promise<Collector> {
  const seen: Seen[] = [];
  const server = createHttp2Server();
  server.on("session", (session) => session.on("error", () => session.destroy()).unref());
  server.on("stream", (stream, headers) => {
    const chunks: Buffer[] = [];
    stream.on("error", () => stream.close());
    stream.on("data", (chunk: Buffer) => chunks.push(chunk));
    stream.on("end", () => {
      seen.push({
        target: `${headers[":method"]} ${headers[":path"]}`,
        body: Buffer.concat(chunks).toString("latin1"),
      });
      stream.respond({ ":status": 200, "content-type": "application/grpc", "grpc-status": "0" }, { endStream: true });
    });
  });
  return collecting(server, seen, () => undefined);
}

async function collecting(server: Server | Http2Server, seen: Seen[], drop: () => void): Promise<Collector> {
  await once(server.listen(0, "::"), "listening");
  return {
    port: (server.address() as AddressInfo).port,
    seen,
    close: async () => {
      await envoy?.stop();
      const closed = new Promise((resolve) => server.close(resolve));
      drop();
      await closed;
    },
  };
}
