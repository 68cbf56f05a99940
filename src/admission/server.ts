import { type IncomingMessage, type ServerResponse, STATUS_CODES } from "node:http";
import { createServer } from "node:https";
import type { Socket } from "node:net";
import type { Credentials } from "../pki/certificate-source.ts";
import type { ListenAddress } from "../serving/listen-address.ts";
import { listening } from "../serving/listening.ts";
import type { Log } from "../serving/log.ts";
import { type HttpAnswer, type ReviewAnswerer, textAnswer } from "./answer.ts";
import { ADMISSION_LIMITS, type AdmissionBounds, type HttpTimeouts } from "./limits.ts";
import type { RequestFault, ServerMetrics } from "./metrics.ts";
import { readBody } from "./read-body.ts";
import { tooLarge } from "./review.ts";

const JSON_TYPE = /^application\/json\s*(;|$)/i;

export interface ServerParts {
  readonly credentials: Credentials;
  /** Where reviews are taken; a query after it does not count. */
  readonly paths: readonly string[];
  readonly answerer: ReviewAnswerer;
  readonly log: Log;
  readonly metrics: ServerMetrics;
  readonly timeouts?: Partial<HttpTimeouts>;
  /** Smaller ones than {@link ADMISSION_LIMITS} has. */
  readonly bounds?: AdmissionBounds;
}

/** The TLS listener, once it listens. */
export interface AdmissionServer {
  readonly address: ListenAddress;
  /** New connections get this certificate; standing ones keep theirs. */
  use(credentials: Credentials): void;
  /** Those that stand. */
  connections(): number;
  /** From now on every answer asks the client to close its connection. */
  retire(): void;
  /** Stops listening, closes idle connections and resolves when the last one is gone. */
  drain(): Promise<void>;
  /** Cuts every connection. */
  destroy(): void;
}

/**
 * Serves admission reviews over HTTPS: TLS 1.2 or later, HTTP/1.1 only, because API servers speak no HTTP/2 to webhooks
 * (kubernetes/kubernetes#82090). Rejects when the address cannot be used.
 */
export async function serveAdmission(listen: ListenAddress, parts: ServerParts): Promise<AdmissionServer> {
  const { answerer, log, metrics, paths, bounds = ADMISSION_LIMITS } = parts;
  let retired = false;
  const server = createServer(serverOptions(parts), (request, response) => {
    const send = (answer: HttpAnswer): void => write(response, answer, retired);
    const path = (request.url ?? "").split("?", 1)[0] ?? "";
    const wrong = problemOf(request, path, paths);
    if (wrong !== undefined) {
      metrics.answered("refused", wrong.failure);
      request.resume();
      send(wrong.answer);
      return;
    }
    readBody(request, bounds, (body) => {
      const answer =
        body.kind === "whole" ? answerer.answer(body.bytes, path) : answerer.refuse(tooLarge(body.beginning));
      if (answer instanceof Promise) void answer.then(send);
      else send(answer);
    });
  });
  server.maxConnections = bounds.connections;
  server.keepAliveTimeout = parts.timeouts?.keepAlive ?? ADMISSION_LIMITS.keepAlive;
  server.on("tlsClientError", (error, socket) => {
    metrics.tlsError();
    log.debug({ code: (error as NodeJS.ErrnoException).code }, "TLS handshake failed");
    socket.destroy();
  });
  // closeAllConnections knows nothing of a connection that is still shaking hands: API servers open more than they use
  const sockets = new Set<Socket>();
  server.on("connection", (socket: Socket) => {
    sockets.add(socket);
    socket.once("close", () => sockets.delete(socket));
  });
  server.on("clientError", (error, socket) => refuseConnection(error, socket as Socket));
  return {
    address: await listening(server, listen),
    use: ({ certificate, key }) => server.setSecureContext({ ...SECURE, cert: certificate, key }),
    connections: () => sockets.size,
    retire() {
      retired = true;
    },
    drain: () => new Promise((resolve) => server.close(() => resolve())),
    destroy() {
      for (const socket of sockets) socket.destroy();
    },
  };
}

const SECURE = { minVersion: "TLSv1.2" } as const;

function serverOptions({ credentials, timeouts }: ServerParts) {
  return {
    ...SECURE,
    cert: credentials.certificate,
    key: credentials.key,
    ALPNProtocols: ["http/1.1"],
    handshakeTimeout: timeouts?.handshake ?? ADMISSION_LIMITS.handshake,
    headersTimeout: timeouts?.headers ?? ADMISSION_LIMITS.headers,
    requestTimeout: timeouts?.request ?? ADMISSION_LIMITS.request,
    connectionsCheckingInterval: timeouts?.checkInterval ?? ADMISSION_LIMITS.checkInterval,
    noDelay: true,
    keepAlive: true,
  };
}

function problemOf(
  request: IncomingMessage,
  path: string,
  paths: readonly string[],
): { failure: RequestFault; answer: HttpAnswer } | undefined {
  if (!paths.includes(path)) {
    return { failure: "wrong-path", answer: textAnswer(404, `expected the path ${paths.join(" or ")}`) };
  }
  if (request.method !== "POST") {
    return { failure: "wrong-method", answer: textAnswer(405, "expected POST with an AdmissionReview") };
  }
  const type = request.headers["content-type"];
  if (type === undefined || !JSON_TYPE.test(type)) {
    const found = type === undefined ? "missing" : JSON.stringify(type.slice(0, 100));
    return {
      failure: "wrong-content-type",
      answer: textAnswer(415, `content-type is ${found}: expected application/json`),
    };
  }
  return undefined;
}

function write(response: ServerResponse, answer: HttpAnswer, last: boolean): void {
  response.writeHead(answer.status, {
    "content-type": answer.type,
    "content-length": answer.body.reduce((length, piece) => length + Buffer.byteLength(piece), 0),
    ...(answer.status === 405 && { allow: "POST" }),
    ...(last && { connection: "close" }),
  });
  // headers and pieces in one write
  response.cork();
  for (const piece of answer.body.slice(0, -1)) response.write(piece);
  response.end(answer.body.at(-1));
}

/** Answers what could not be read as HTTP, or came too slowly, and hangs up. */
function refuseConnection(error: NodeJS.ErrnoException, socket: Socket): void {
  if (error.code === "ECONNRESET" || !socket.writable) {
    socket.destroy();
    return;
  }
  const status = STATUS[error.code ?? ""] ?? 400;
  socket.end(`HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\nconnection: close\r\ncontent-length: 0\r\n\r\n`, () =>
    socket.destroy(),
  );
}

const STATUS: Readonly<Record<string, number>> = { ERR_HTTP_REQUEST_TIMEOUT: 408, HPE_HEADER_OVERFLOW: 431 };
