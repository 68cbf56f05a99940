import { once } from "node:events";
import { createServer as createHttpServer, type IncomingMessage, type RequestListener } from "node:http";
import { createServer as createHttp2Server, createSecureServer, type ServerHttp2Stream } from "node:http2";
import { createServer as createHttpsServer } from "node:https";
import { createServer as createTcpServer, type Server, type Socket } from "node:net";
import type { TLSSocket } from "node:tls";
import { freePort } from "../../testbed/process/free-port.ts";
import type { ServerCertificate } from "./authority.ts";

/** An app of a pod: a real server on a port of its own. */
export interface App {
  readonly port: number;
  readonly close: () => Promise<void>;
  /** Listens again on the same port after `close`. */
  readonly reopen: () => Promise<void>;
}

/** What an app saw of one request. */
interface SeenRequest {
  readonly target: string;
  /** Names as they were spelled, `Host` among them. */
  readonly headers: readonly (readonly [string, string])[];
  readonly httpVersion: string;
  readonly serverName: string | undefined;
  /** Number of the connection, from 1. */
  readonly connection: number;
}

export interface HttpApp extends App {
  readonly seen: SeenRequest[];
}

/** An HTTP app that remembers what it was asked. */
export async function httpApp(host: string, answer: RequestListener): Promise<HttpApp> {
  return recording(host, (listener) => createHttpServer(listener), answer);
}

/** An HTTPS app with HTTP/1.1 only. */
export async function httpsApp(
  host: string,
  certificate: ServerCertificate,
  answer: RequestListener,
): Promise<HttpApp> {
  return recording(host, (listener) => createHttpsServer({ ...certificate }, listener), answer);
}

/** An HTTPS app that speaks nothing but HTTP/2. */
export async function http2App(
  host: string,
  certificate: ServerCertificate,
  answer: RequestListener,
): Promise<HttpApp> {
  const make = (listener: RequestListener): Server =>
    createSecureServer({ ...certificate, allowHTTP1: false }, (request, response) =>
      listener(request as unknown as IncomingMessage, response as never),
    );
  return recording(host, make, answer);
}

/** An app that accepts connections and says nothing. */
export async function tcpApp(host: string): Promise<App> {
  return listening(createTcpServer(), host);
}

/** A gRPC app with the health service (grpc.health.v1): `serving` says which services are well. */
export async function grpcApp(
  host: string,
  serving: (service: string) => boolean,
): Promise<App & { readonly authorities: Set<string> }> {
  const authorities = new Set<string>();
  const server = createHttp2Server();
  server.on("stream", (stream, headers) => {
    authorities.add(String(headers[":authority"]));
    const known = headers[":path"] === "/grpc.health.v1.Health/Check";
    answerHealthCheck(stream, known, serving);
  });
  return { ...(await listening(server, host)), authorities };
}

function answerHealthCheck(stream: ServerHttp2Stream, known: boolean, serving: (service: string) => boolean): void {
  const chunks: Buffer[] = [];
  stream.on("error", () => stream.close());
  stream.on("data", (chunk: Buffer) => chunks.push(chunk));
  stream.on("end", () => {
    stream.respond({ ":status": 200, "content-type": "application/grpc" }, { waitForTrailers: true });
    stream.on("wantTrailers", () => stream.sendTrailers({ "grpc-status": known ? "0" : "12" }));
    // five bytes of frame, then field 1: the service's name, or nothing for the whole server
    const service = Buffer.concat(chunks).subarray(7).toString();
    // field 1 of the answer: 1 is SERVING, 2 is NOT_SERVING
    stream.end(known ? Buffer.from([0, 0, 0, 0, 2, 8, serving(service) ? 1 : 2]) : undefined);
  });
}

async function recording(
  host: string,
  make: (listener: RequestListener) => Server,
  answer: RequestListener,
): Promise<HttpApp> {
  const seen: SeenRequest[] = [];
  const connections = new Map<Socket, number>();
  const server = make((request, response) => {
    const { socket } = request;
    const connection = connections.get(socket) ?? connections.size + 1;
    connections.set(socket, connection);
    seen.push({
      target: request.url ?? "",
      headers: pairs(request.rawHeaders),
      httpVersion: request.httpVersion,
      serverName: ((socket as TLSSocket).servername as string | false | undefined) || undefined,
      connection,
    });
    answer(request, response);
  });
  return { ...(await listening(server, host)), seen };
}

async function listening(server: Server, host: string): Promise<App> {
  const sockets = new Set<Socket>();
  server.on("connection", (socket) => {
    sockets.add(socket);
    socket.on("error", () => socket.destroy()).on("close", () => sockets.delete(socket));
  });
  const port = await freePort();
  await once(server.listen(port, host), "listening");
  return {
    port,
    close: async () => {
      const closed = new Promise((resolve) => server.close(resolve));
      for (const socket of sockets) socket.destroy();
      await closed;
    },
    reopen: async () => {
      await once(server.listen(port, host), "listening");
    },
  };
}

function pairs(raw: readonly string[]): (readonly [string, string])[] {
  return raw.flatMap((name, index) => (index % 2 === 0 ? [[name, raw[index + 1] ?? ""] as const] : []));
}
