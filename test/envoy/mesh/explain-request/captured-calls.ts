import { once } from "node:events";
import { connect as connectHttp2, type IncomingHttpHeaders } from "node:http2";
import type { SentRequest } from "../../../../src/answers/explain-request/sent-request.ts";
import { type RawAnswer, rawRequest } from "../match-matrix/raw-request.ts";
import { openConnection } from "../raw-connection.ts";
import { SEEN } from "./recording-apps.ts";

/* What an app sends, wherever it goes to: its sidecar hears where that is from a line of the PROXY protocol, as from the kernel in a pod. */

/** Where an app's connection goes. */
export interface Destination {
  readonly address: string;
  readonly port: number;
}

export interface CallAnswer {
  /** Of HTTP; 0: the connection was closed without an answer. */
  readonly status: number;
  /** Of gRPC; undefined: it said none. */
  readonly grpc: number | undefined;
  readonly who: string | undefined;
  readonly path: string | undefined;
}

/** Milliseconds; nothing is answered as late as that. */
const PATIENCE = 60_000;

/** What is spoken on a connection. A connection of bytes may well be HTTP, of which the mesh knows nothing. */
export type Spoken = "http/1.1" | "http/2" | "no http";

/** Sends a request, or a connection of bytes. */
export async function capturedCall(
  captured: number,
  { address, port }: Destination,
  sent: SentRequest,
  spoken: Spoken,
  more: Readonly<Record<string, string>> = {},
): Promise<CallAnswer> {
  const proxy = `PROXY TCP4 127.0.0.1 ${address} 40000 ${port}\r\n`;
  if (sent.kind === "http" && spoken === "http/2") return await overHttp2(captured, proxy, sent, more);
  const bytes = sent.kind === "http" ? requestLines(sent, more) : ["GET /bytes HTTP/1.1", "host: bytes"];
  const lines = spoken === "no http" ? ["hello"] : bytes;
  const { status, headers } = await rawRequest(captured, lines, { first: proxy, patience: PATIENCE }).catch(closed);
  return {
    status,
    grpc: numberOf(headers.get("grpc-status")),
    who: headers.get(SEEN.who),
    path: headers.get(SEEN.path),
  };
}

/** A connection that breaks is one that was closed. */
function closed(error: NodeJS.ErrnoException): RawAnswer {
  if (error.code === "ECONNRESET" || error.code === "EPIPE") return { status: 0, headers: new Map() };
  throw error;
}

type HttpSent = Extract<SentRequest, { readonly kind: "http" }>;

function requestLines({ method, path, authority, headers }: HttpSent, more: Readonly<Record<string, string>>) {
  const lines = [...headers, ...Object.entries(more).map(([name, value]) => ({ name, value }))];
  return [`${method} ${path} HTTP/1.1`, `host: ${authority}`, ...lines.map(({ name, value }) => `${name}: ${value}`)];
}

async function overHttp2(
  captured: number,
  proxy: string,
  { method, path, authority, headers, scheme }: HttpSent,
  more: Readonly<Record<string, string>>,
): Promise<CallAnswer> {
  const socket = openConnection(captured, "127.0.0.1");
  await once(socket, "connect");
  socket.write(proxy);
  const session = connectHttp2("http://captured", { createConnection: () => socket });
  session.on("error", () => session.destroy());
  try {
    const own = Object.fromEntries(headers.map(({ name, value }) => [name, value]));
    const stream = session.request({
      ":method": method,
      ":path": path,
      ":authority": authority,
      ":scheme": scheme,
      ...own,
      ...more,
    });
    const answered: IncomingHttpHeaders & { ":status"?: number } = {};
    stream.setTimeout(PATIENCE, () => stream.destroy(new Error(`no answer to ${path} in ${PATIENCE} ms`)));
    stream.on("response", (found) => Object.assign(answered, found));
    stream.on("trailers", (found) => Object.assign(answered, found));
    stream.on("error", () => stream.close());
    stream.resume().end();
    await new Promise((over) => stream.on("close", over));
    const text = (name: string): string | undefined => answered[name]?.toString();
    return {
      status: answered[":status"] ?? 0,
      grpc: numberOf(text("grpc-status")),
      who: text(SEEN.who),
      path: text(SEEN.path),
    };
  } finally {
    session.destroy();
  }
}

function numberOf(text: string | undefined): number | undefined {
  return text === undefined ? undefined : Number(text);
}
