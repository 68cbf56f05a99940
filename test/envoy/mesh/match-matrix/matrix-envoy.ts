import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer, type RequestListener, type Server } from "node:http";
import { type AddressInfo, connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { limits } from "../../../../src/bootstrap/limits.ts";
import type { NodeView } from "../../../../src/graph/view.ts";
import { type JsonObject, listOf, member, objectsOf, stringOf } from "../../../../src/model/json.ts";
import { allowAllCluster, egressCluster, routesOf } from "../../../../src/xds/translate/names.ts";
import { TYPES } from "../../../../src/xds/types.ts";
import { freePort } from "../../../../testbed/process/free-port.ts";
import { resourcesOf, shown, viewsOf } from "../../../translated-manifest.ts";
import { eventually, type RunningEnvoy, startEnvoy } from "../../envoy-process.ts";
import { CALLER, NAMESPACES, NODES } from "./manifest.ts";

/** A real Envoy with what the callers of the table get. */
export interface MatrixEnvoy {
  /** Port of loopback that stands for a port that the caller of a mesh calls. */
  readonly portFor: (mesh: string, called: number) => number;
  readonly log: RunningEnvoy["log"];
  readonly stop: () => Promise<void>;
}

/** Header in which a server says who it is. */
export const WHO = "x-node";

/**
 * Starts it with the resources of both callers, as they are translated. What makes the difference to a pod is replaced and nothing
 * else: each chain has a listener of its own, because nothing is captured here; its routes stand in it, because nobody sends them; and
 * each cluster of a node has a server of this process as its address.
 */
export async function matrixEnvoy(manifest: string): Promise<MatrixEnvoy> {
  const servers: Server[] = [];
  const addresses = new Map<string, number>();
  for (const [cluster, who] of whoIsWho()) {
    const server = createServer(answering(who));
    servers.push(server);
    await once(server.listen(0, "127.0.0.1"), "listening");
    addresses.set(cluster, (server.address() as AddressInfo).port);
  }
  const ports = new Map<string, number>();
  const clusters = new Map<string, JsonObject>();
  const listeners: JsonObject[] = [];
  for (const view of viewsOf(manifest).filter(({ object }) => object.name === CALLER)) {
    const resources = resourcesOf(view);
    const ofType = (type: string) => resources.filter((each) => each.type === type).map(shown) as JsonObject[];
    for (const cluster of ofType(TYPES.cluster)) {
      clusters.set(stringOf(cluster["name"]) ?? "", withAddress(cluster, addresses));
    }
    const routes = new Map(ofType(TYPES.route).map((each) => [each["name"], each]));
    for (const [called, chain] of httpChains(ofType(TYPES.listener))) {
      const port = await freePort();
      ports.set(`${view.mesh.name} ${called}`, port);
      listeners.push(listenerOf(view, port, chain, routes.get(routesOf("egress", called)) ?? {}));
    }
  }
  const folder = await mkdtemp(join(tmpdir(), "outrigger-matrix-"));
  const file = join(folder, "envoy.json");
  const resources = { clusters: [...clusters.values()], listeners };
  await writeFile(file, JSON.stringify({ ...limits(), static_resources: resources }));
  const envoy = await startEnvoy(file, { from: "file" });
  try {
    for (const port of ports.values()) await eventually(() => canConnect(port), Boolean);
  } catch (cause) {
    await envoy.stop();
    throw new Error(`Envoy does not listen: ${envoy.log()}`, { cause });
  }
  return {
    portFor: (mesh, called) => ports.get(`${mesh} ${called}`) ?? 0,
    log: envoy.log,
    async stop() {
      await envoy.stop();
      await rm(folder, { recursive: true });
      await Promise.all(servers.map((server) => new Promise((closed) => server.close(closed))));
    },
  };
}

/** Names of clusters, and who answers for them. */
function whoIsWho(): readonly (readonly [cluster: string, who: string])[] {
  const nodes = Object.values(NAMESPACES).flatMap((mesh) =>
    NODES.flatMap(({ name, ports }) =>
      ports.map((port) => {
        const cluster = egressCluster({ mesh, node: `${name}_${mesh}`, protocol: "http", port });
        return [cluster, ports.length > 1 ? `${name}:${port}` : name] as const;
      }),
    ),
  );
  return [...nodes, [allowAllCluster(NAMESPACES.ALLOW_ALL), "outside"]];
}

function answering(who: string): RequestListener {
  return (request, response) => {
    request.resume();
    response
      .setHeader(WHO, who)
      .setHeader("x-host", request.headers.host ?? "")
      .setHeader("x-path", request.url ?? "");
    response.end();
  };
}

function withAddress(cluster: JsonObject, addresses: ReadonlyMap<string, number>): JsonObject {
  const { name, cluster_type: _, type: __, lb_policy: ___, ...rest } = cluster;
  const port = addresses.get(stringOf(name) ?? "");
  if (port === undefined) return cluster;
  const address = { socket_address: { address: "127.0.0.1", port_value: port } };
  const endpoints = [{ lb_endpoints: [{ endpoint: { address } }] }];
  return { ...rest, name, type: "STATIC", load_assignment: { cluster_name: name, endpoints } } as JsonObject;
}

/** The chains of the egress listener that speak HTTP, by the port that is called. */
function httpChains(listeners: readonly JsonObject[]): readonly (readonly [number, JsonObject])[] {
  return listeners.flatMap((listener) =>
    objectsOf(listener["filter_chains"]).flatMap((chain) => {
      const port = /^egress_http_(\d+)$/.exec(stringOf(chain["name"]) ?? "")?.[1];
      return port === undefined ? [] : [[Number(port), chain] as const];
    }),
  );
}

function listenerOf({ mesh }: NodeView, port: number, chain: JsonObject, routes: JsonObject): JsonObject {
  const [filter] = listOf(chain["filters"]);
  const { rds: _, ...manager } = member(filter, "typed_config") as JsonObject;
  const filters = [{ ...(filter as JsonObject), typed_config: { ...manager, route_config: routes } }];
  return {
    name: `${mesh.name}_${port}`,
    address: { socket_address: { address: "127.0.0.1", port_value: port } },
    filter_chains: [{ ...chain, filters }],
  };
}

function canConnect(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, "127.0.0.1");
    socket.on("connect", () => resolve(true)).on("error", () => resolve(false));
    socket.on("connect", () => socket.destroy());
  });
}
