import { once } from "node:events";
import { Agent, type IncomingMessage, request } from "node:http";
import { type ClientHttp2Session, connect as connectHttp2, type IncomingHttpHeaders } from "node:http2";
import { connect, type Socket } from "node:net";
import { calledAt } from "./places.ts";
import { type Asked, hostOf, NAMES, type Ports } from "./shop.ts";

/** What became of a call. */
export interface Told {
  readonly asked: Asked;
  readonly began: number;
  readonly ended: number;
  /** Who answered. */
  readonly by: string | undefined;
  /** What came in place of a success. */
  readonly failure: string;
}

/** Calls over connections that are kept, as those of apps are. */
export interface Calls {
  readonly call: (asked: Asked) => Promise<Told>;
  /** What became of connections of TCP that were kept and ended, in words. */
  readonly ended: () => Promise<readonly string[]>;
  readonly close: () => void;
}

/** Connections of TCP that stay open. */
const KEPT = 40;
/** Milliseconds that a connection lasts at least, whatever is changed (docs/semantics.md). */
const LASTING = 600_000;
/** Milliseconds between two words on each, so that none is silent until its idle time is over. */
const TALK = 20_000;
/** Milliseconds, after which a call counts as failed. */
const PATIENCE = 60_000;

export function calls(ports: Ports): Calls {
  const agent = new Agent({ keepAlive: true });
  const sessions = new Map<string, ClientHttp2Session>();
  let kept: Kept[] = [];
  const talking = setInterval(() => {
    for (const { socket } of kept) socket.write(".");
  }, TALK);

  /** Another one is opened as soon as this one says that it takes no more. */
  const session = (address: string, port: number): ClientHttp2Session => {
    const key = `${address} ${port}`;
    const found = sessions.get(key);
    if (found !== undefined && !found.closed && !found.destroyed) return found;
    const made = connectHttp2(`http://${address}:${port}`);
    made.on("error", () => made.destroy());
    made.on("goaway", () => sessions.get(key) === made && sessions.delete(key));
    sessions.set(key, made);
    return made;
  };

  const succeeded = async (asked: Asked): Promise<string> => {
    switch (asked.protocol) {
      case "http":
        return await callHttp(asked, ports, agent);
      case "grpc": {
        const port = asked.by === "door" ? ports.door.grpc : ports.grpc;
        return await grpc(asked, session(calledAt(asked.by), port));
      }
      case "tcp": {
        const port = ports.streams[NAMES.tcp.services.indexOf(asked.service)] ?? 0;
        const { socket, by } = await opened(calledAt(asked.by), port);
        kept = kept.filter(({ socket: each, end }) => !each.destroyed || end !== "");
        if (kept.length < KEPT) kept.push(watched(socket, `${asked.service} at ${by}`));
        else socket.destroy();
        return by;
      }
    }
  };
  return {
    async call(asked) {
      const began = performance.now();
      const told = await succeeded(asked).then(
        (by) => ({ by, failure: "" }),
        (error: unknown) => ({ by: undefined, failure: error instanceof Error ? error.message : String(error) }),
      );
      return { asked, began, ended: performance.now(), ...told };
    },
    async ended() {
      await Promise.all(kept.map(stillThere));
      return kept.flatMap(({ end, what }) => (end === "" ? [] : [`the connection to ${what} did not last: ${end}`]));
    },
    close() {
      clearInterval(talking);
      agent.destroy();
      for (const each of sessions.values()) each.destroy();
      for (const { socket } of kept) socket.destroy();
    },
  };
}

/** Who answers a request; throws what came in place of a success. */
export async function callHttp(asked: Asked, ports: Ports, agent: Agent): Promise<string> {
  const port = asked.by === "door" ? ports.door.http : ports.http;
  const host = asked.by === "door" ? asked.host : hostOf(asked.service);
  const headers = { host, ...(asked.header !== undefined && { "x-kind": asked.header }) };
  const { path, method } = asked;
  const signal = AbortSignal.timeout(PATIENCE);
  const sent = request({ host: calledAt(asked.by), port, path, method, agent, headers, signal });
  sent.end();
  const [answer] = (await once(sent, "response")) as [IncomingMessage];
  let by = "";
  for await (const piece of answer) by += String(piece);
  if (answer.statusCode !== 200) throw new Error(`${answer.statusCode} ${by.slice(0, 300)}`);
  return by;
}

async function grpc(asked: Asked, over: ClientHttp2Session): Promise<string> {
  const stream = over.request({
    ":method": "POST",
    ":path": asked.path,
    ":authority": asked.by === "door" ? asked.host : hostOf(asked.service),
    "content-type": "application/grpc",
    te: "trailers",
    ...(asked.header !== undefined && { "x-kind": asked.header }),
  });
  stream.setTimeout(PATIENCE, () => stream.destroy(new Error("it took too long")));
  let by = "";
  let status = "no status";
  stream.setEncoding("utf8").on("data", (piece: string) => (by += piece));
  for (const event of ["response", "trailers"]) {
    stream.on(event, (headers: IncomingHttpHeaders) => (status = headers["grpc-status"]?.toString() ?? status));
  }
  stream.end("x");
  await once(stream, "close");
  if (status !== "0") throw new Error(`gRPC's ${status}`);
  return by;
}

/** A connection and who greeted on it. */
async function opened(address: string, port: number): Promise<{ readonly socket: Socket; readonly by: string }> {
  const socket = connect(port, address);
  // whoever waits is told, and later ends are looked at apart
  socket.on("error", () => undefined);
  socket.setTimeout(PATIENCE, () => socket.destroy(new Error("it took too long")));
  try {
    const [greeting] = (await Promise.race([
      once(socket, "data"),
      once(socket, "close").then(() => Promise.reject(new Error("closed"))),
    ])) as [Buffer];
    socket.setTimeout(0);
    return { socket, by: greeting.toString().trim() };
  } catch (error) {
    socket.destroy();
    throw error;
  }
}

interface Kept {
  readonly socket: Socket;
  readonly what: string;
  /** In words; empty: it is there. */
  end: string;
}

function watched(socket: Socket, what: string): Kept {
  const one = { socket, what, end: "" };
  const opened = performance.now();
  const ended = (how: string): void => {
    const lasted = performance.now() - opened;
    if (lasted < LASTING) one.end ||= `${how} after ${Math.round(lasted / 1_000)} s`;
  };
  socket.on("error", (error) => ended(error.message));
  socket.on("close", () => ended("it was closed"));
  socket.resume();
  return one;
}

const LAST_WORDS = "still there";

/** It says what comes back. */
async function stillThere(one: Kept): Promise<void> {
  if (one.socket.destroyed) return;
  let said = "";
  one.socket.write(LAST_WORDS);
  try {
    const signal = AbortSignal.timeout(PATIENCE);
    while (!said.endsWith(LAST_WORDS)) said += String((await once(one.socket, "data", { signal }))[0]);
  } catch {
    one.end ||= `it said ${said === "" ? "nothing" : said}`;
  }
}
