import { once } from "node:events";
import { createSecureServer, type ServerHttp2Session } from "node:http2";
import type { AddressInfo } from "node:net";
import type { ServerCertificate } from "./authority.ts";

/** One stream that reached the stub. */
export interface SeenStream {
  readonly path: string;
  readonly authorization: string | undefined;
  readonly serverName: string | undefined;
  /** The first message, protobuf: names and ids can be found in it as text. */
  readonly firstMessage: string;
}

/** Answers a stream: gives its type of configuration nothing and ends it, so that the proxy soon begins another. */
export interface ControlPlaneStub {
  readonly port: number;
  readonly streams: SeenStream[];
  /** Refused handshakes. */
  readonly refusals: string[];
  /** Uses another certificate from the next connection on, and ends the present ones. */
  readonly present: (certificate: ServerCertificate) => void;
  readonly close: () => Promise<void>;
}

/** A gRPC server over TLS that says UNAVAILABLE to every stream, as a control plane that is restarting does. */
export async function controlPlaneStub(certificate: ServerCertificate): Promise<ControlPlaneStub> {
  const streams: SeenStream[] = [];
  const refusals: string[] = [];
  const sessions = new Set<ServerHttp2Session>();
  const server = createSecureServer({ ...certificate });
  server.on("session", (session) => {
    sessions.add(session);
    session.on("close", () => sessions.delete(session)).on("error", () => session.destroy());
  });
  server.on("tlsClientError", (error) => refusals.push(error.message));
  server.on("stream", (stream, headers) => {
    stream.on("error", () => stream.close());
    stream.once("data", (chunk: Buffer) => {
      streams.push({
        path: String(headers[":path"]),
        authorization: headers.authorization,
        serverName: (stream.session?.socket as { servername?: string } | undefined)?.servername || undefined,
        firstMessage: chunk.toString("latin1"),
      });
      stream.respond({ ":status": 200, "content-type": "application/grpc", "grpc-status": "14" }, { endStream: true });
    });
  });
  await once(server.listen(0, "127.0.0.1"), "listening");
  const endSessions = (): void => {
    for (const session of sessions) session.destroy();
  };
  return {
    port: (server.address() as AddressInfo).port,
    streams,
    refusals,
    present: (next) => {
      server.setSecureContext({ ...next });
      endSessions();
    },
    close: async () => {
      const closed = new Promise((resolve) => server.close(resolve));
      endSessions();
      await closed;
    },
  };
}
