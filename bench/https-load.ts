import { connect, type TLSSocket } from "node:tls";

/** What is sent to where; the bodies in turn. */
export interface Target {
  readonly host: string;
  readonly port: number;
  readonly ca: string;
  readonly bodies: readonly string[];
}

export interface Answered {
  /** Latencies in milliseconds, in no order. */
  readonly latencies: Float64Array;
  readonly failures: number;
  /** From the first request to the last answer. */
  readonly seconds: number;
}

/**
 * One keep-alive connection that speaks just enough HTTP/1.1: a client library costs more than the server that is measured,
 * and the generator has only one core as well.
 */
class Connection {
  readonly #socket: TLSSocket;
  readonly #requests: Requests;
  #received: Buffer = Buffer.alloc(0);
  #done: ((ok: boolean) => void) | undefined;

  private constructor(socket: TLSSocket, requests: Requests) {
    this.#socket = socket;
    this.#requests = requests;
    socket.on("data", (chunk: Buffer) => this.#data(chunk));
    socket.on("close", () => this.#finish(false));
    socket.on("error", () => this.#finish(false));
  }

  static open({ host, port, ca }: Target, requests: Requests): Promise<Connection> {
    return new Promise((resolve, reject) => {
      const socket = connect({ host, port, ca, ALPNProtocols: ["http/1.1"] }, () => {
        socket.off("error", reject);
        socket.setNoDelay(true);
        resolve(new Connection(socket, requests));
      });
      socket.on("error", reject);
    });
  }

  /** Sends the request; calls back with whether it was allowed with a patch. */
  send(done: (ok: boolean) => void): void {
    this.#done = done;
    this.#socket.write(this.#requests.next());
  }

  close(): void {
    this.#socket.destroy();
  }

  #data(chunk: Buffer): void {
    this.#received = this.#received.length === 0 ? chunk : Buffer.concat([this.#received, chunk]);
    const end = this.#received.indexOf("\r\n\r\n");
    if (end === -1) return;
    const head = this.#received.toString("latin1", 0, end);
    const length = Number(/content-length: (\d+)/i.exec(head)?.[1]);
    if (this.#received.length < end + 4 + length) return;
    const ok = head.startsWith("HTTP/1.1 200") && this.#received.includes('"patchType":"JSONPatch"', end);
    this.#received = Buffer.alloc(0);
    this.#finish(ok);
  }

  #finish(ok: boolean): void {
    const done = this.#done;
    this.#done = undefined;
    done?.(ok);
  }
}

/** All requests, one after the other and again from the beginning, over whichever connection. */
class Requests {
  readonly #all: readonly Buffer[];
  #sent = 0;

  constructor({ host, bodies }: Target) {
    this.#all = bodies.map((body) => {
      const head = `POST /mutate-v1-pod?timeout=5s HTTP/1.1\r\nhost: ${host}\r\ncontent-type: application/json\r\ncontent-length: ${Buffer.byteLength(body)}\r\n\r\n`;
      return Buffer.from(head + body);
    });
  }

  next(): Buffer {
    return this.#all[this.#sent++ % this.#all.length] as Buffer;
  }
}

/** All connections that a load has. */
async function openConnections(target: Target, count: number): Promise<Connection[]> {
  const requests = new Requests(target);
  return await Promise.all(Array.from({ length: count }, () => Connection.open(target, requests)));
}

/** Every connection sends its next request as soon as it has its answer: what the server can do at most. */
export async function closedLoop(target: Target, connections: number, seconds: number): Promise<Answered> {
  const open = await openConnections(target, connections);
  const latencies: number[] = [];
  let failures = 0;
  const start = performance.now();
  const end = start + seconds * 1000;
  await Promise.all(
    open.map(
      (connection) =>
        new Promise<void>((resolve) => {
          const next = (): void => {
            const sent = performance.now();
            if (sent >= end) {
              resolve();
              return;
            }
            connection.send((ok) => {
              latencies.push(performance.now() - sent);
              if (!ok) failures++;
              next();
            });
          };
          next();
        }),
    ),
  );
  const took = (performance.now() - start) / 1000;
  for (const connection of open) connection.close();
  return { latencies: Float64Array.from(latencies), failures, seconds: took };
}

/**
 * Requests start by the clock, `rate` a second, whether or not earlier ones are answered; latency counts from the instant at
 * which a request was due, so a server that stalls cannot hide it.
 */
export async function openLoop(target: Target, connections: number, rate: number, seconds: number): Promise<Answered> {
  const idle = await openConnections(target, connections);
  const all = [...idle];
  const due: number[] = [];
  const total = rate * seconds;
  const latencies = new Float64Array(total);
  let answered = 0;
  let failures = 0;
  const start = performance.now();
  await new Promise<void>((resolve) => {
    const dispatch = (): void => {
      while (idle.length > 0 && due.length > 0) {
        const connection = idle.pop() as Connection;
        const at = due.shift() as number;
        connection.send((ok) => {
          latencies[answered++] = performance.now() - at;
          if (!ok) failures++;
          idle.push(connection);
          if (answered === total) resolve();
          else dispatch();
        });
      }
    };
    let scheduled = 0;
    const tick = (): void => {
      const now = performance.now() - start;
      while (scheduled < total && (scheduled * 1000) / rate <= now) due.push(start + (scheduled++ * 1000) / rate);
      dispatch();
      if (scheduled < total) setImmediate(tick);
    };
    tick();
  });
  const took = (performance.now() - start) / 1000;
  for (const connection of all) connection.close();
  return { latencies, failures, seconds: took };
}

/** The value below which the share (0 to 1) of all values lies. */
export function percentile(values: Float64Array, share: number): number {
  const sorted = values.toSorted();
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;
}
