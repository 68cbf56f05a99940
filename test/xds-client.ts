import { create, fromBinary, type MessageInitShape, toBinary } from "@bufbuild/protobuf";
import { type ClientDuplexStream, credentials, Client as GrpcClient, Metadata, type StatusObject } from "@grpc/grpc-js";
import {
  DeltaDiscoveryRequestSchema,
  type DeltaDiscoveryResponse,
  DeltaDiscoveryResponseSchema,
  DiscoveryRequestSchema,
  type DiscoveryResponse,
  DiscoveryResponseSchema,
} from "../src/xds/generated/envoy/service/discovery/v3/discovery_pb.js";

const SERVICE = "/envoy.service.discovery.v3.AggregatedDiscoveryService";

/** One ADS stream of a client that is not Envoy: it says what a test wants it to say. */
export interface XdsCall<Request, Response> {
  send(request: Request): void;
  /** Bytes in place of a message. */
  sendRaw(bytes: Uint8Array): void;
  /** The next response that nobody has taken yet. Rejects when the stream ends first. */
  next(): Promise<Response>;
  /** Responses that nobody has taken yet. */
  readonly waiting: readonly Response[];
  /** How the stream ended. */
  readonly status: Promise<StatusObject>;
  /** Says that nothing more comes. */
  end(): void;
  cancel(): void;
  /** Takes nothing from the network from now on. */
  pause(): void;
}

export interface XdsClient {
  sotw(token?: string): XdsCall<MessageInitShape<typeof DiscoveryRequestSchema>, DiscoveryResponse>;
  delta(token?: string): XdsCall<MessageInitShape<typeof DeltaDiscoveryRequestSchema>, DeltaDiscoveryResponse>;
  /** A call of a method that need not exist. */
  call(path: string, token?: string): XdsCall<MessageInitShape<typeof DiscoveryRequestSchema>, DiscoveryResponse>;
  close(): void;
}

/** A client of the real gRPC library, over TLS; `serverName` is what the certificate has to name, whatever the host is called. */
export function xdsClient(port: number, authority: string, serverName = "localhost", host = "localhost"): XdsClient {
  const client = new GrpcClient(`${host}:${port}`, credentials.createSsl(Buffer.from(authority)), {
    "grpc.use_local_subchannel_pool": 1,
    "grpc.ssl_target_name_override": serverName,
    "grpc.max_receive_message_length": -1,
  });
  const open = (path: string, token: string | undefined): ClientDuplexStream<Buffer, Buffer> => {
    const metadata = new Metadata();
    if (token !== undefined) metadata.set("authorization", `Bearer ${token}`);
    const same = (bytes: Buffer): Buffer => bytes;
    return client.makeBidiStreamRequest(path, same, same, metadata);
  };
  const sotw = (path: string, token: string | undefined) =>
    call(
      open(path, token),
      (request: MessageInitShape<typeof DiscoveryRequestSchema>) =>
        toBinary(DiscoveryRequestSchema, create(DiscoveryRequestSchema, request)),
      (bytes) => fromBinary(DiscoveryResponseSchema, bytes),
    );
  return {
    sotw: (token) => sotw(`${SERVICE}/StreamAggregatedResources`, token),
    delta: (token) =>
      call(
        open(`${SERVICE}/DeltaAggregatedResources`, token),
        (request: MessageInitShape<typeof DeltaDiscoveryRequestSchema>) =>
          toBinary(DeltaDiscoveryRequestSchema, create(DeltaDiscoveryRequestSchema, request)),
        (bytes) => fromBinary(DeltaDiscoveryResponseSchema, bytes),
      ),
    call: sotw,
    close: () => client.close(),
  };
}

function call<Request, Response>(
  stream: ClientDuplexStream<Buffer, Buffer>,
  encode: (request: Request) => Uint8Array,
  decode: (bytes: Uint8Array) => Response,
): XdsCall<Request, Response> {
  const waiting: Response[] = [];
  const takers: { resolve: (response: Response) => void; reject: (error: Error) => void }[] = [];
  const status = Promise.withResolvers<StatusObject>();
  let ended: Error | undefined;
  stream.on("data", (bytes: Buffer) => {
    const response = decode(bytes);
    const taker = takers.shift();
    if (taker === undefined) waiting.push(response);
    else taker.resolve(response);
  });
  // the status says more
  stream.on("error", () => undefined);
  stream.on("status", (object: StatusObject) => {
    ended = new Error(`the stream ended with ${object.code}: ${object.details}`);
    for (const taker of takers.splice(0)) taker.reject(ended);
    status.resolve(object);
  });
  return {
    send: (request) => void stream.write(Buffer.from(encode(request))),
    sendRaw: (bytes) => void stream.write(Buffer.from(bytes)),
    next() {
      const first = waiting.shift();
      if (first !== undefined) return Promise.resolve(first);
      if (ended !== undefined) return Promise.reject(ended);
      return new Promise((resolve, reject) => takers.push({ resolve, reject }));
    },
    waiting,
    status: status.promise,
    end: () => void stream.end(),
    cancel: () => stream.cancel(),
    pause: () => void stream.pause(),
  };
}
