import { type DescMessage, fromBinary, toBinary } from "@bufbuild/protobuf";
import { AnySchema } from "@bufbuild/protobuf/wkt";
import {
  type ClientDuplexStream,
  credentials,
  Client as GrpcClient,
  Metadata,
  Server,
  ServerCredentials,
  type ServerDuplexStream,
  status,
} from "@grpc/grpc-js";
import { encodeResource } from "../../src/xds/encode/encode-resource.ts";
import { type Resource, resourceOf } from "../../src/xds/encode/resource.ts";
import {
  DeltaDiscoveryRequestSchema,
  DeltaDiscoveryResponseSchema,
  type Resource as Sent,
} from "../../src/xds/generated/envoy/service/discovery/v3/discovery_pb.js";
import { TYPES } from "../../src/xds/types.ts";
import { testAuthority } from "../envoy/authority.ts";
import { type Places, placedMessages } from "../envoy/mesh/sidecars.ts";
import { ENVOY_MESSAGES } from "../envoy-messages.ts";

/*
 * Stands between real Envoys and replicas of the control plane, as the Service and kube-proxy do. Everything passes as it is, but for addresses of
 * listeners, hosts and pods: those of a cluster cannot be listened on, nor dialed, where there is none.
 */

const PATH = "/envoy.service.discovery.v3.AggregatedDiscoveryService/DeltaAggregatedResources";

export interface PlacingRelay {
  readonly port: number;
  /** PEM of the root by which Envoys know it. */
  readonly trust: string;
  /** Envoys that show this token are those of a node, at these places. */
  readonly know: (token: string, node: string, places: Places) => void;
  /** New streams go to one of these ports of loopback from now on. */
  readonly leadTo: (ports: readonly number[]) => void;
  /** What Envoys refused, in their words. */
  readonly rejections: readonly string[];
  readonly stop: () => void;
}

/** `trust`: PEM of the root of the replicas, whose certificate names `serverName`. */
export async function placingRelay(trust: string, serverName: string): Promise<PlacingRelay> {
  const authority = await testAuthority();
  const { cert, key } = await authority.issue({ type: "dns", value: "localhost" });
  const known = new Map<string, { readonly node: string; readonly places: Places }>();
  const clients = new Set<GrpcClient>();
  const rejections: string[] = [];
  let replicas: readonly number[] = [];
  let turn = 0;
  const same = (bytes: Buffer): Buffer => bytes;
  /** A connection for each stream, as each proxy has: the control plane takes few streams on one. */
  const clientOf = (port: number): GrpcClient =>
    new GrpcClient(`127.0.0.1:${port}`, credentials.createSsl(Buffer.from(trust)), {
      "grpc.use_local_subchannel_pool": 1,
      "grpc.ssl_target_name_override": serverName,
      "grpc.max_receive_message_length": -1,
    });
  const relay = (near: ServerDuplexStream<Buffer, Buffer>): void => {
    const authorization = String(near.metadata.get("authorization")[0] ?? "");
    const caller = known.get(authorization.replace("Bearer ", ""));
    const port = replicas[turn++ % replicas.length];
    if (caller === undefined || port === undefined) {
      near.emit("error", { code: status.UNAVAILABLE, details: "nobody is there" });
      return;
    }
    const metadata = new Metadata();
    metadata.set("authorization", authorization);
    const client = clientOf(port);
    clients.add(client);
    const far: ClientDuplexStream<Buffer, Buffer> = client.makeBidiStreamRequest(PATH, same, same, metadata);
    near.on("data", (request: Buffer) => {
      const { errorDetail } = fromBinary(DeltaDiscoveryRequestSchema, request);
      if (errorDetail !== undefined) rejections.push(errorDetail.message);
      far.write(request);
    });
    near.on("end", () => far.end());
    near.on("cancelled", () => far.cancel());
    near.on("error", () => far.cancel());
    far.on("data", (response: Buffer) => void near.write(placed(response, caller.node, caller.places)));
    far.on("error", () => undefined);
    far.on("status", ({ code, details }: { code: status; details: string }) => {
      client.close();
      clients.delete(client);
      if (code === status.OK) near.end();
      else near.emit("error", { code, details });
    });
  };
  const server = new Server({ "grpc.max_receive_message_length": -1 });
  const method = {
    path: PATH,
    requestStream: true,
    responseStream: true,
    requestSerialize: same,
    requestDeserialize: same,
    responseSerialize: same,
    responseDeserialize: same,
  };
  server.addService({ ads: method }, { ads: relay });
  const secured = ServerCredentials.createSsl(null, [{ cert_chain: Buffer.from(cert), private_key: Buffer.from(key) }]);
  const port = await new Promise<number>((resolve, reject) =>
    server.bindAsync("127.0.0.1:0", secured, (error, bound) => (error === null ? resolve(bound) : reject(error))),
  );
  return {
    port,
    trust: authority.pem,
    know: (token, node, places) => void known.set(token, { node, places }),
    leadTo: (ports) => (replicas = ports),
    rejections,
    stop() {
      server.forceShutdown();
      for (const client of clients) client.close();
    },
  };
}

function placed(bytes: Buffer, node: string, places: Places): Buffer {
  const response = fromBinary(DeltaDiscoveryResponseSchema, bytes);
  if (response.typeUrl === TYPES.secret) return bytes;
  const resources = response.resources.flatMap((sent) => placedResource(sent, node, places));
  return Buffer.from(toBinary(DeltaDiscoveryResponseSchema, { ...response, resources }));
}

function placedResource(sent: Sent, node: string, places: Places): readonly Sent[] {
  const { value = new Uint8Array(), typeUrl = "" } = sent.resource ?? {};
  const schema = ENVOY_MESSAGES.getMessage(typeUrl.replace(/^.*\//, "")) as DescMessage;
  const message = fromBinary(schema, value) as Resource["message"];
  return placedMessages(resourceOf(message), { node, mesh: "shop" }, places).map((each) => {
    const { any } = encodeResource(resourceOf(each));
    return { ...sent, resource: fromBinary(AnySchema, any) };
  });
}
