import { once } from "node:events";
import { createServer, type ServerHttp2Stream } from "node:http2";
import { create, fromBinary, type MessageInitShape, toBinary } from "@bufbuild/protobuf";
import { anyPack } from "@bufbuild/protobuf/wkt";
import { SecretSchema } from "../../../src/xds/generated/envoy/extensions/transport_sockets/tls/v3/secret_pb.js";
import {
  DiscoveryRequestSchema,
  DiscoveryResponseSchema,
} from "../../../src/xds/generated/envoy/service/discovery/v3/discovery_pb.js";
import { MessageReader } from "../../../src/xds/serve/grpc-frames.ts";

type SecretType = NonNullable<MessageInitShape<typeof SecretSchema>["type"]>;

/** An SDS server such as SPIRE's agent: on a Unix socket, secrets by name. */
export interface SdsServer {
  /** Sent to all who ask for it, now and later. */
  readonly put: (name: string, secret: SecretType) => void;
  readonly close: () => void;
}

const METHOD = "/envoy.service.secret.v3.SecretDiscoveryService/StreamSecrets";

export async function sdsServer(path: string): Promise<SdsServer> {
  const secrets = new Map<string, SecretType>();
  const asked = new Set<{ readonly name: string; readonly stream: ServerHttp2Stream }>();
  let nonce = 0;
  const send = (stream: ServerHttp2Stream, name: string): void => {
    const type = secrets.get(name);
    if (type === undefined || stream.destroyed) return;
    const resources = [anyPack(SecretSchema, create(SecretSchema, { name, type }))];
    const typeUrl = "type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.Secret";
    nonce += 1;
    const versions = { versionInfo: String(nonce), nonce: String(nonce) };
    const bytes = toBinary(
      DiscoveryResponseSchema,
      create(DiscoveryResponseSchema, { ...versions, typeUrl, resources }),
    );
    const prefix = Buffer.alloc(5);
    prefix.writeUInt32BE(bytes.length, 1);
    stream.write(Buffer.concat([prefix, bytes]));
  };
  const server = createServer();
  server.on("stream", (stream, headers) => {
    stream.on("error", () => stream.close());
    if (headers[":path"] !== METHOD) {
      stream.respond({ ":status": 404 }, { endStream: true });
      return;
    }
    stream.respond({ ":status": 200, "content-type": "application/grpc" });
    const reader = new MessageReader(1_000_000);
    stream.on("data", (chunk: Buffer) => {
      for (const message of reader.read(chunk)) {
        const { resourceNames, responseNonce } = fromBinary(DiscoveryRequestSchema, message);
        if (responseNonce !== "") continue;
        for (const name of resourceNames) {
          asked.add({ name, stream });
          send(stream, name);
        }
      }
    });
  });
  await once(server.listen(path), "listening");
  return {
    put(name, secret) {
      secrets.set(name, secret);
      for (const one of asked) if (one.name === name) send(one.stream, name);
    },
    close: () => void server.close(),
  };
}

/** A certificate with its key. */
export function certificateSecret({ cert, key }: { readonly cert: string; readonly key: string }): SecretType {
  return { case: "tlsCertificate", value: { certificateChain: inline(cert), privateKey: inline(key) } };
}

/** Who is trusted. */
export function trustSecret(pem: string): SecretType {
  return { case: "validationContext", value: { trustedCa: inline(pem) } };
}

function inline(text: string) {
  return { specifier: { case: "inlineString", value: text } } as const;
}
