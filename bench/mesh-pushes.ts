// A push alone, in a process of its own: our streams and publisher with three clusters whose endpoints change, and beside it a server
// that writes the same bytes to everybody and knows nothing: what the transport itself takes. Orders come from the parent.
import { createSecureServer, type ServerHttp2Stream } from "node:http2";
import type { AddressInfo } from "node:net";
import { create } from "@bufbuild/protobuf";
import { BinaryWriter, WireType } from "@bufbuild/protobuf/wire";
import { type Resource, resourceOf } from "../src/xds/encode/resource.ts";
import { seconds } from "../src/xds/encode/typed.ts";
import { ClusterSchema } from "../src/xds/generated/envoy/config/cluster/v3/cluster_pb.js";
import { ClusterLoadAssignmentSchema } from "../src/xds/generated/envoy/config/endpoint/v3/endpoint_pb.js";
import { Publisher } from "../src/xds/publish/publisher.ts";
import type { Caller } from "../src/xds/serve/application.ts";
import { framed } from "../src/xds/serve/grpc-frames.ts";
import { serveXds } from "../src/xds/serve/xds-server.ts";
import { testAuthority } from "../test/envoy/authority.ts";

/** Names of the clusters, and so of their endpoints: every proxy has the first, the first ten the second. */
export const CLUSTERS = { everywhere: "everywhere", rarely: "rarely", never: "never" } as const;
/** Proxies that have the cluster which few have. */
export const FEW = 10;

export type PushOrder =
  /** A member comes to this cluster. */
  | { readonly kind: "endpoint"; readonly cluster: string }
  /** So many bytes to each of the first proxies, from the server that knows nothing. */
  | { readonly kind: "constant"; readonly bytes: number; readonly proxies: number }
  | { readonly kind: "cpu" };

export interface PushTold {
  readonly ports: { readonly ours: number; readonly constant: number };
  readonly ca: string;
  /** Milliseconds of CPU since the process began. */
  readonly cpu: number;
  /** When the order was begun: milliseconds since the epoch, with fractions. */
  readonly at: number;
}

const members = new Map<string, number>(Object.values(CLUSTERS).map((name) => [name, 1]));

function cluster(name: string): Resource {
  const edsClusterConfig = { edsConfig: { resourceApiVersion: 2, configSourceSpecifier: { case: "ads", value: {} } } };
  const clusterDiscoveryType = { case: "type", value: 3 } as const;
  return resourceOf(
    create(ClusterSchema, { name, connectTimeout: seconds(1), clusterDiscoveryType, edsClusterConfig } as object),
  );
}

function endpointsOf(clusterName: string): Resource {
  const lbEndpoints = Array.from({ length: members.get(clusterName) ?? 0 }, (_, index) => {
    const value = { address: `10.0.0.${index}`, portSpecifier: { case: "portValue", value: 8080 } as const };
    return {
      hostIdentifier: { case: "endpoint", value: { address: { address: { case: "socketAddress", value } } } },
    } as const;
  });
  return resourceOf(create(ClusterLoadAssignmentSchema, { clusterName, endpoints: [{ lbEndpoints }] }));
}

async function main(): Promise<void> {
  const authority = await testAuthority();
  const { cert, key } = await authority.issue({ type: "dns", value: "localhost" });
  const publisher = new Publisher<undefined>({
    source: {
      compute: (view) => {
        const names = view === "few" ? Object.values(CLUSTERS) : [CLUSTERS.everywhere];
        return { resources: names.map(cluster), endpoints: names };
      },
      traitsKey: () => "",
      endpoints: endpointsOf,
    },
    failed(_what, error) {
      throw error;
    },
  });
  let callers = 0;
  const server = await serveXds<Caller>(
    { host: "127.0.0.1", port: 0 },
    {
      credentials: { certificate: cert, key },
      application: {
        authenticate: () => Promise.resolve({ key: String(callers), name: String(callers++) }),
        admit(caller) {
          const publication = publisher.open(Number(caller.key) < FEW ? "few" : "most", undefined);
          return {
            snapshot: publication.snapshot,
            subscribe: publication.subscribe,
            close: () => publication.close(),
            unwelcome: () => undefined,
            shown: () => ({}),
          };
        },
      },
      events: {
        opened: () => undefined,
        closed: () => undefined,
        received: () => undefined,
        sent: () => undefined,
        judged: () => undefined,
        refreshFailed: () => undefined,
        handshakeFailed: () => undefined,
      },
      maxAge: 3_600_000,
    },
  );
  const constant = createSecureServer({ cert, key });
  const streams: ServerHttp2Stream[] = [];
  constant.on("stream", (stream) => {
    stream.respond({ ":status": 200, "content-type": "application/grpc" });
    stream.on("error", () => undefined);
    stream.resume();
    streams.push(stream);
    // as many answers as a proxy waits for before it counts as served
    stream.write(framed([new Uint8Array(0)]));
    stream.write(framed([new Uint8Array(0)]));
  });
  await new Promise<void>((resolve) => constant.listen(0, "127.0.0.1", resolve));
  const ports = { ours: server.address.port, constant: (constant.address() as AddressInfo).port };
  const told = (): PushTold => {
    const { user, system } = process.cpuUsage();
    return { ports, ca: authority.pem, cpu: (user + system) / 1000, at: performance.timeOrigin + performance.now() };
  };
  process.on("message", (order: PushOrder) => {
    const answer = told();
    if (order.kind === "endpoint") {
      members.set(order.cluster, (members.get(order.cluster) ?? 0) + 1);
      publisher.endpointsChanged(order.cluster);
    }
    if (order.kind === "constant") {
      // one field that nobody reads, so that it is a message
      const writer = new BinaryWriter()
        .tag(1, WireType.LengthDelimited)
        .bytes(new Uint8Array(Math.max(0, order.bytes - 4)));
      const message = framed([writer.finish()]);
      for (const stream of streams.slice(0, order.proxies)) stream.write(message);
    }
    process.send?.(answer);
  });
  process.on("disconnect", () => process.exit());
  process.send?.(told());
}

if (process.send !== undefined) await main();
