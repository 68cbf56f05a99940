import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer as createHttpServer } from "node:http";
import { connect, createServer, type Server } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { limits } from "../../../src/bootstrap/limits.ts";
import type { ListenerView, NodeView } from "../../../src/graph/view.ts";
import { type JsonObject, listOf, member, objectsOf } from "../../../src/model/json.ts";
import type { ProxyTraits } from "../../../src/model/proxy-traits.ts";
import { INGRESS_LISTENER } from "../../../src/xds/translate/names.ts";
import { TYPES } from "../../../src/xds/types.ts";
import { freePorts } from "../../../testbed/process/free-port.ts";
import { listenerView, nodeView } from "../../mesh-views.ts";
import { resourcesOf, shown, TRAITS } from "../../translated-manifest.ts";
import { eventually, type RunningEnvoy, startEnvoy } from "../envoy-process.ts";

/*
 * Where a sidecar finds its app. Nothing is captured here: the PROXY protocol says where a connection was going, as the kernel does in a
 * pod, and an address of loopback stands for that of the pod.
 */

const POD = "127.0.0.31";
const LOOPBACK = "127.0.0.1";

let ports: { readonly http: number; readonly tcp: number; readonly inbound: number; readonly other: number };
let folder: string;
let envoy: RunningEnvoy | undefined;
let servers: readonly Server[] = [];

beforeAll(async () => {
  const [http = 0, tcp = 0, inbound = 0, other = 0] = await freePorts(4);
  ports = { http, tcp, inbound, other };
  folder = await mkdtemp(join(tmpdir(), "outrigger-app-address-"));
});

afterEach(async () => {
  await envoy?.stop();
  envoy = undefined;
  for (const server of servers) server.close();
});

afterAll(() => rm(folder, { recursive: true }));

/** An app that listens at these addresses only. */
async function appAt(...addresses: readonly string[]): Promise<void> {
  servers = addresses.flatMap((address) => [
    createHttpServer((_, answer) => void answer.end(`http at ${address}`)).listen(ports.http, address),
    createServer((socket) => void socket.end(`tcp at ${address}`)).listen(ports.tcp, address),
  ]);
  await Promise.all(servers.map((server) => once(server, "listening")));
}

async function sidecar(appAddress: ProxyTraits["appAddress"], ipPreference?: NodeView["ipPreference"]): Promise<void> {
  const of = (port: number, protocol: ListenerView["protocol"]) => listenerView({ port, protocol });
  const view = nodeView({ listeners: [of(ports.tcp, "tcp"), of(ports.http, "http")], ipPreference });
  const resources = resourcesOf(view, { ...TRAITS, ipv6: false, appAddress });
  const ofType = (type: string) => resources.filter((each) => each.type === type).map(shown) as JsonObject[];
  const listener = ofType(TYPES.listener).find(({ name }) => name === INGRESS_LISTENER) ?? {};
  const [routes = {}] = ofType(TYPES.route);
  const inbound = {
    ...listener,
    address: { socket_address: { address: LOOPBACK, port_value: ports.inbound } },
    listener_filters: [
      {
        name: "proxy_protocol",
        typed_config: {
          "@type": "type.googleapis.com/envoy.extensions.filters.listener.proxy_protocol.v3.ProxyProtocol",
        },
      },
    ],
    filter_chains: objectsOf(listener["filter_chains"]).map((chain) => withRoutes(chain, routes)),
  };
  const file = join(folder, "envoy.json");
  const config = { ...limits(), static_resources: { clusters: ofType(TYPES.cluster), listeners: [inbound] } };
  await writeFile(file, JSON.stringify(config));
  envoy = await startEnvoy(file, { from: "file" });
  await eventually(async () => {
    const socket = connect(ports.inbound, LOOPBACK);
    await once(socket, "connect");
    socket.destroy();
    return true;
  }, Boolean);
}

/** Nobody sends routes here, so that they stand in the chain. */
function withRoutes(chain: JsonObject, routes: JsonObject): JsonObject {
  const [filter] = listOf(chain["filters"]);
  const { rds, ...manager } = member(filter, "typed_config") as JsonObject;
  if (rds === undefined) return chain;
  return { ...chain, filters: [{ ...(filter as JsonObject), typed_config: { ...manager, route_config: routes } }] };
}

/** What comes back on a connection that was going to the pod. */
async function called(port: number, request: string): Promise<string> {
  const socket = connect(ports.inbound, LOOPBACK);
  let text = "";
  socket.setEncoding("utf8").on("data", (chunk: string) => (text += chunk));
  socket.on("error", () => socket.destroy());
  socket.write(`PROXY TCP4 ${LOOPBACK} ${POD} 40000 ${port}\r\n${request}`);
  await once(socket, "close");
  return text;
}

const GET = "GET / HTTP/1.1\r\nhost: web\r\nconnection: close\r\n\r\n";
const status = (answer: string): string | undefined => /^HTTP\/1\.1 (\d+)/.exec(answer)?.[1];

test("an app that listens at the pod's address alone is reached where the pod says so", async () => {
  await appAt(POD);
  await sidecar("pod");
  expect(await called(ports.http, GET)).toContain(`http at ${POD}`);
  expect(await called(ports.tcp, "")).toBe(`tcp at ${POD}`);
  expect(envoy?.log()).toBe("");
});

test("and not where it does not", async () => {
  await appAt(POD);
  await sidecar("loopback");
  expect(status(await called(ports.http, GET))).toBe("503");
  expect(await called(ports.tcp, "")).toBe("");
});

test("an app on loopback is reached, whatever was called", async () => {
  await appAt(LOOPBACK);
  await sidecar("loopback");
  expect(await called(ports.http, GET)).toContain(`http at ${LOOPBACK}`);
  expect(await called(ports.tcp, "")).toBe(`tcp at ${LOOPBACK}`);
});

test.each<[NodeView["ipPreference"], readonly string[], string]>([
  [undefined, [LOOPBACK, "::1"], LOOPBACK],
  ["IPv4_ONLY", [LOOPBACK, "::1"], LOOPBACK],
  ["IPv4_PREFERRED", [LOOPBACK, "::1"], LOOPBACK],
  ["IPv6_ONLY", [LOOPBACK, "::1"], "::1"],
  ["IPv6_PREFERRED", [LOOPBACK, "::1"], "::1"],
  // where nobody listens at the preferred one the other is tried, whatever is said
  [undefined, ["::1"], "::1"],
  ["IPv6_ONLY", [LOOPBACK], LOOPBACK],
])("with the preference %s an app that listens at %j is called at %s", async (preference, addresses, expected) => {
  await appAt(...addresses);
  await sidecar("loopback", preference);
  expect(await called(ports.http, GET)).toContain(`http at ${expected}`);
  expect(await called(ports.tcp, "")).toBe(`tcp at ${expected}`);
});

test("a port that is no listener of the node is passed on to where it was called, as it came", async () => {
  await appAt(LOOPBACK);
  const other = createServer((socket) => void socket.end(`other at ${POD}`)).listen(ports.other, POD);
  servers = [...servers, other];
  await once(other, "listening");
  await sidecar("loopback");
  expect(await called(ports.other, GET)).toBe(`other at ${POD}`);
});
