import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";
import { configYaml } from "./envoy-process.ts";
import { LOOPBACK_POD } from "./kubelet-expansion.ts";
import { PLAIN_SPEC } from "./plain-spec.ts";

/* Connections through a sidecar's pass-through listeners on a machine that captures nothing. */

/** The static configuration, as far as tests change it. */
export interface UncapturedConfig {
  static_resources: {
    listeners: { readonly name: string; filter_chains: { readonly name?: string }[] }[];
    readonly clusters: Record<string, unknown>[];
  };
  dynamic_resources?: unknown;
}

/**
 * A sidecar whose connections come without having been captured. What makes the difference is replaced and nothing else: the
 * chain for connections that were made straight to it is left out, and each direction's original destination is `to`.
 */
export function uncaptured(
  ports: ReadonlyMap<number, number>,
  to: Readonly<Record<"inbound" | "outbound", number>>,
): UncapturedConfig {
  const text = configYaml(PLAIN_SPEC, { pod: LOOPBACK_POD, ports, identity: "/nowhere" });
  const config = JSON.parse(text) as UncapturedConfig;
  const { listeners, clusters } = config.static_resources;
  for (const listener of listeners) {
    listener.filter_chains = listener.filter_chains.filter(({ name }) => name !== "direct");
  }
  for (const cluster of clusters) {
    const name = String(cluster["name"]);
    const direction = /^outrigger_pass_through_(inbound|outbound)$/.exec(name)?.[1] as keyof typeof to | undefined;
    if (direction === undefined) continue;
    const address = { socket_address: { address: "127.0.0.1", port_value: to[direction] } };
    const endpoints = [{ lb_endpoints: [{ endpoint: { address } }] }];
    cluster["type"] = "STATIC";
    cluster["lb_policy"] = "ROUND_ROBIN";
    cluster["load_assignment"] = { cluster_name: name, endpoints };
  }
  return config;
}

/** A server on loopback that says hello and keeps its connections. */
export async function holdingServer(): Promise<{ readonly port: number; readonly close: () => void }> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket.on("error", () => undefined));
    socket.write("hello");
  }).listen({ port: 0, host: "127.0.0.1", backlog: 4096 });
  await once(server, "listening");
  return {
    port: (server.address() as AddressInfo).port,
    close() {
      for (const socket of sockets) socket.destroy();
      server.close();
    },
  };
}

/** Opens connections, fifty at a time, until each has its greeting. */
export async function heldConnections(port: number, count: number): Promise<readonly Socket[]> {
  const sockets: Socket[] = [];
  try {
    for (let begun = 0; begun < count; begun += 50) {
      const batch = Array.from({ length: Math.min(50, count - begun) }, () => connect(port, "127.0.0.1"));
      sockets.push(...batch);
      await Promise.all(batch.map(greeting));
    }
  } catch (error) {
    for (const socket of sockets) socket.destroy();
    throw error;
  }
  return sockets;
}

/** The first words of the other end. Rejects when the connection ends without any. */
async function greeting(socket: Socket): Promise<string> {
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  socket.once("data", (chunk: Buffer) => resolve(chunk.toString()));
  socket.on("error", reject).on("close", () => reject(new Error("closed without a word")));
  return await promise;
}
