import type { Http2Session } from "node:http2";
import type { XdsLimits } from "../limits.ts";

/** What is known of one connection. */
interface Connection {
  streams: number;
  refusals: number;
  /** When its last stream ended, or when it was made. */
  idleSince: number;
  /** When something was last heard of it. */
  askedAt: number;
  answered: boolean;
}

/** The connections: closes idle ones, finds dead ones by pings, and cuts those that are refused over and over. */
export class Sessions {
  readonly #limits: XdsLimits;
  readonly #now: () => number;
  readonly #connections = new Map<Http2Session, Connection>();

  constructor(limits: XdsLimits, now: () => number) {
    this.#limits = limits;
    this.#now = now;
  }

  add(session: Http2Session): void {
    const now = this.#now();
    this.#connections.set(session, { streams: 0, refusals: 0, idleSince: now, askedAt: now, answered: true });
    session.on("close", () => this.#connections.delete(session));
    // what breaks the connection closes it, and its streams with it
    session.on("error", () => session.destroy());
  }

  streamBegun(session: Http2Session | undefined): void {
    const connection = this.#of(session);
    if (connection !== undefined) connection.streams += 1;
  }

  streamEnded(session: Http2Session | undefined): void {
    const connection = this.#of(session);
    if (connection === undefined) return;
    connection.streams -= 1;
    connection.idleSince = this.#now();
  }

  refused(session: Http2Session | undefined): void {
    const connection = this.#of(session);
    if (session === undefined || connection === undefined) return;
    connection.refusals += 1;
    // whatever is left to say is said meanwhile; new streams are not taken any more
    if (connection.refusals >= this.#limits.refusalsPerConnection) session.close();
  }

  sweep(): void {
    const now = this.#now();
    for (const [session, connection] of this.#connections) {
      if (connection.streams === 0 && now - connection.idleSince > this.#limits.idleConnection) session.close();
      else if (now - connection.askedAt > this.#limits.ping) this.#ping(session, connection, now);
    }
  }

  /** Asks every client to go elsewhere with its next stream. */
  retire(): void {
    for (const session of this.#connections.keys()) session.close();
  }

  #ping(session: Http2Session, connection: Connection, now: number): void {
    if (!connection.answered) {
      session.destroy();
      return;
    }
    connection.askedAt = now;
    connection.answered = false;
    session.ping((error) => {
      if (error === null) connection.answered = true;
    });
  }

  #of(session: Http2Session | undefined): Connection | undefined {
    return session && this.#connections.get(session);
  }
}
