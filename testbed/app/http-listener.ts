import { createServer as createHttp1Server } from "node:http";
import {
  createServer as createHttp2Server,
  createSecureServer,
  type Http2ServerRequest,
  type Http2ServerResponse,
  type ServerHttp2Session,
} from "node:http2";
import { createServer, type Server, type Socket } from "node:net";
import type { TLSSocket } from "node:tls";
import { answerGrpc } from "./grpc-answers.ts";
import { answerHttp, type HttpContext, type HttpRequest, type HttpResponse } from "./http-answers.ts";
import { OpenRequests } from "./open-requests.ts";
import { selfSigned } from "./self-signed.ts";

/** A listener and how it comes to an end. */
export interface Listener {
  readonly server: Server;
  /** Takes no more connections, asks clients to leave, and resolves when all that was under way is done. */
  readonly drain: () => Promise<void>;
}

/** What every HTTP/2 client says first, and no HTTP/1.1 client: there is no such method. */
const HTTP2_START = "PRI";

/** HTTP/1.1, HTTP/2 without TLS (h2c by prior knowledge) and gRPC on one port: the first bytes say which it is. */
export function plainListener(context: HttpContext): Listener {
  const requests = new OpenRequests();
  const http1 = createHttp1Server(answering(context, requests));
  const http2 = createHttp2Server(answering(context, requests));
  const sessions = sessionsOf(http2);
  const silent = new Set<Socket>();
  const server = createServer((socket) => {
    silent.add(socket);
    socket.once("close", () => silent.delete(socket));
    socket.on("error", () => socket.destroy());
    socket.once("readable", () => {
      silent.delete(socket);
      const start = socket.read() as Buffer | null;
      if (start === null) {
        socket.destroy();
        return;
      }
      socket.unshift(start);
      if (start.toString("latin1", 0, HTTP2_START.length) === HTTP2_START) {
        http2.emit("connection", socket);
      } else {
        requests.opened(socket);
        http1.emit("connection", socket);
      }
    });
  });
  const drain = async () => {
    const closed = closing(server);
    for (const socket of silent) socket.destroy();
    requests.close();
    for (const session of sessions) session.close();
    await closed;
  };
  return { server, drain };
}

/** The same over TLS, by ALPN, with a certificate made at start that nobody has reason to trust. */
export function secureListener(context: HttpContext): Listener {
  const requests = new OpenRequests();
  const server = createSecureServer({ ...selfSigned(), allowHTTP1: true }, answering(context, requests));
  const sessions = sessionsOf(server);
  server.on("secureConnection", (socket: TLSSocket) => {
    if (socket.alpnProtocol !== "h2") requests.opened(socket);
  });
  const drain = async () => {
    const closed = closing(server);
    requests.close();
    for (const session of sessions) session.close();
    await closed;
  };
  return { server, drain };
}

function answering(
  context: HttpContext,
  requests: OpenRequests,
): (request: HttpRequest, response: HttpResponse | Http2ServerResponse) => void {
  return (request, response) => {
    request.on("error", () => undefined);
    response.on("error", () => undefined);
    if (request.httpVersionMajor === 1) {
      const { socket } = request;
      requests.began(socket);
      response.once("close", () => requests.ended(socket));
    }
    const isGrpc = request.headers["content-type"]?.startsWith("application/grpc") === true;
    const answered =
      isGrpc && request.httpVersionMajor === 2
        ? answerGrpc(request as Http2ServerRequest, response as Http2ServerResponse, context)
        : answerHttp(request, response as HttpResponse, context);
    // what goes wrong here is a client that left in the middle
    answered.catch(() => response.destroy());
  };
}

function sessionsOf(server: {
  on(event: "session", listener: (session: ServerHttp2Session) => void): unknown;
}): ReadonlySet<ServerHttp2Session> {
  const sessions = new Set<ServerHttp2Session>();
  server.on("session", (session) => {
    sessions.add(session);
    session.on("error", () => undefined);
    session.once("close", () => sessions.delete(session));
  });
  return sessions;
}

function closing(server: Server): Promise<void> {
  return new Promise((resolve) => server.close(() => resolve()));
}
