import { once } from "node:events";
import { Agent, request } from "node:http";
import { connect } from "node:http2";
import { setTimeout as wait } from "node:timers/promises";
import { ask } from "../ask.ts";
import { callHttp2 } from "./http2-call.ts";
import { heard, openConnection } from "./raw-connection.ts";

/** Where an app calls its services: the address of its sidecar, and a port for each kind. */
interface Caller {
  readonly address: string;
  readonly http: number;
  readonly grpc: number;
  readonly tcp: number;
}

/** `open`: what goes over TCP connections, and streams of one HTTP/2 connection, that stay for as long as the load. */
type Kind = "http" | "grpc" | "tcp" | "open";

/** Requests and connections without a pause. */
export interface Load {
  /** Resolves once each kind was answered a few times more. */
  readonly flows: () => Promise<void>;
  /** What has failed so far, after how it was called and a colon. */
  readonly failed: readonly string[];
  readonly stop: () => Promise<{ readonly done: Readonly<Record<Kind, number>>; readonly failed: readonly string[] }>;
}

/** Begins it: HTTP on new connections and on kept ones, calls of gRPC on both, TCP on new connections, and on one that stays. */
export function loadOf(callers: readonly Caller[]): Load {
  const done: Record<Kind, number> = { http: 0, grpc: 0, tcp: 0, open: 0 };
  const failed: string[] = [];
  let isOver = false;
  const repeat = async (kind: Kind, what: string, act: () => Promise<string>): Promise<void> => {
    while (!isOver) {
      const found = await act().catch((error: unknown) => String(error));
      if (found === "") done[kind] += 1;
      else failed.push(`${what}: ${found}`);
      await wait(5);
    }
  };
  const running = callers.flatMap((caller) => [
    repeat("http", "HTTP", () => http(caller)),
    keptHttp(caller, (act) => repeat("http", "HTTP on a kept connection", act)),
    repeat("grpc", "gRPC", () => grpc(caller)),
    keptGrpc(caller, (act) => repeat("grpc", "gRPC on a kept connection", act)),
    repeat("tcp", "TCP", () => tcp(caller)),
    openTcp(caller, (act) => repeat("open", "an open connection", act)),
  ]);
  return {
    async flows() {
      const before = { ...done };
      const isMore = (kind: Kind): boolean => done[kind] >= before[kind] + 10;
      // what fails does not flow
      const end = Date.now() + 60_000;
      while (!(["http", "grpc", "tcp", "open"] as const).every(isMore) && Date.now() < end) await wait(10);
    },
    failed,
    async stop() {
      isOver = true;
      await Promise.all(running);
      return { done, failed };
    },
  };
}

type Act = (act: () => Promise<string>) => Promise<void>;

async function http({ address, http: port }: Caller): Promise<string> {
  const { status, body } = await ask({ host: address, port, path: "/", headers: { host: "http.shop" } });
  return status === 200 ? "" : `${status} ${body}`;
}

async function keptHttp({ address, http: port }: Caller, repeat: Act): Promise<void> {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  await repeat(
    () =>
      new Promise((resolve, reject) => {
        const asked = request({ host: address, port, agent, headers: { host: "http.shop" } }, (response) => {
          let body = "";
          response.setEncoding("utf8").on("data", (text: string) => (body += text));
          response.on("end", () => resolve(response.statusCode === 200 ? "" : `${response.statusCode} ${body}`));
        });
        asked.on("error", reject).end();
      }),
  );
  agent.destroy();
}

const CALL = { ":path": "/shop.Back/Get", "content-type": "application/grpc", te: "trailers" };

async function grpc({ address, grpc: port }: Caller): Promise<string> {
  const { grpcStatus } = await callHttp2(port, address, { ...CALL, ":authority": "grpc.shop" });
  return grpcStatus === "0" ? "" : `status ${grpcStatus}`;
}

async function keptGrpc({ address, grpc: port }: Caller, repeat: Act): Promise<void> {
  let session = connect(`http://${address}:${port}`);
  await repeat(async () => {
    if (session.closed || session.destroyed) session = connect(`http://${address}:${port}`);
    const stream = session.request({ ":method": "POST", ...CALL, ":authority": "grpc.shop" });
    let status: unknown;
    stream.on("response", (headers) => (status ??= headers["grpc-status"]));
    stream.on("trailers", (headers) => (status = headers["grpc-status"]));
    stream.resume().end("x");
    await once(stream, "end");
    return status === "0" ? "" : `status ${String(status)}`;
  });
  session.close();
}

async function tcp({ address, tcp: port }: Caller): Promise<string> {
  const socket = openConnection(port, address);
  // five bytes and more, for which a server of TLS would wait
  socket.write("another\n");
  const answer = await heard(socket);
  socket.destroy();
  return answer === "another" ? "" : answer;
}

async function openTcp({ address, tcp: port }: Caller, repeat: Act): Promise<void> {
  const socket = openConnection(port, address);
  await repeat(async () => {
    socket.write("more\n");
    const answer = await heard(socket);
    return answer === "more" ? "" : answer;
  });
  socket.destroy();
}
