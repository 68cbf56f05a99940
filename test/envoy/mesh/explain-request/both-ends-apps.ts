import { once } from "node:events";
import { createServer as createHttpServer, type IncomingHttpHeaders } from "node:http";
import { createServer as createHttp2Server } from "node:http2";
import { createServer, type Server, type Socket } from "node:net";
import { type NodePorts, PROTOCOLS, type Protocol } from "./both-ends-mesh.ts";
import { FAULT, ID, SEEN } from "./recording-apps.ts";

/** The apps of nodes that have one for each protocol, behind their sidecars. */
export interface BothEndsApps {
  /** How many tries of a question came to any app. */
  readonly triesOf: (id: string) => number;
  readonly stop: () => Promise<void>;
}

type Seen = (
  headers: IncomingHttpHeaders,
  path: string,
) => { readonly fault: string; readonly said: Record<string, string> };

/**
 * Each is `n<index>`, and one more is all that is outside. The header FAULT says how a try fails: `hang`, a status of HTTP, or one of gRPC:
 * `grpc 14`, which stands in the headers of the answer, or `trailers 14`, after a message.
 */
export async function bothEndsApps(nodes: readonly NodePorts[], outside: number): Promise<BothEndsApps> {
  const tries = new Map<string, number>();
  const seenBy =
    (who: string): Seen =>
    (headers, path) => {
      const [id, fault] = [String(headers[ID] ?? ""), String(headers[FAULT] ?? "")];
      tries.set(id, (tries.get(id) ?? 0) + 1);
      const host = String(headers.host ?? headers[":authority"] ?? "");
      return { fault, said: { [SEEN.who]: who, [SEEN.path]: path, [SEEN.host]: host } };
    };
  const sockets = new Set<Socket>();
  const servers = [
    ...nodes.flatMap((ports, index) =>
      PROTOCOLS.map((protocol) =>
        appOf(protocol, `n${index}`, seenBy(`n${index}`)).listen(ports[protocol], "127.0.0.1"),
      ),
    ),
    appOf("http", "outside", seenBy("outside")).listen(outside, "127.0.0.1"),
  ];
  for (const server of servers) {
    server.on("connection", (socket: Socket) => void sockets.add(socket.on("close", () => sockets.delete(socket))));
  }
  await Promise.all(servers.map((server) => once(server, "listening")));
  return {
    triesOf: (id) => tries.get(id) ?? 0,
    async stop() {
      for (const socket of sockets) socket.destroy();
      await Promise.all(servers.map((server) => new Promise((closed) => server.close(closed))));
    },
  };
}

function appOf(protocol: Protocol, who: string, seen: Seen): Server {
  switch (protocol) {
    case "http":
      return http1App(seen);
    case "http2":
    case "grpc":
      return http2App(seen);
    case "tcp":
      return tcpApp(who);
  }
}

function http1App(seen: Seen): Server {
  return createHttpServer((asked, answer) => {
    const { fault, said } = seen(asked.headers, asked.url ?? "");
    asked.resume();
    // held until whoever asks has had enough
    if (fault === "hang") return;
    answer.writeHead(fault === "" ? 200 : Number(fault), said).end();
  });
}

/** Calls of gRPC are answered as such, and other requests as HTTP has it. */
function http2App(seen: Seen): Server {
  const server = createHttp2Server();
  server.on("stream", (stream, headers) => {
    const { fault, said } = seen(headers, String(headers[":path"]));
    stream.on("error", () => stream.close());
    stream.resume();
    if (fault === "hang") return;
    const isGrpc = String(headers["content-type"] ?? "").startsWith("application/grpc");
    const [kind = "", code = ""] = fault.split(" ");
    if (!isGrpc || /^\d+$/.test(fault)) {
      stream.respond({ ":status": fault === "" ? 200 : Number(fault), ...said }, { endStream: true });
      return;
    }
    const type = { ":status": 200, "content-type": "application/grpc", ...said };
    if (kind === "grpc") {
      stream.respond({ ...type, "grpc-status": code }, { endStream: true });
      return;
    }
    stream.respond(type, { waitForTrailers: true });
    stream.on("wantTrailers", () => stream.sendTrailers({ "grpc-status": code === "" ? "0" : code }));
    // an empty message
    stream.end(Buffer.alloc(5));
  });
  return server as unknown as Server;
}

/** It says who it is to whatever it hears, in the form of an answer of HTTP, so that one client does for all. */
function tcpApp(who: string): Server {
  return createServer((socket) => {
    socket.on("error", () => socket.destroy());
    socket.once("data", () => socket.end(`HTTP/1.1 200 OK\r\n${SEEN.who}: ${who}\r\n\r\n`));
  });
}
