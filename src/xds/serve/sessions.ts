import type { Http2Session } from "node:http2";
import type { Socket } from "node:net";
import type { XdsLimits } from "../limits.ts";

/** What is known of one connection. */
interface Connection {
  /** Below TLS: the one thing that can be cut whatever the layers above wait for. */
  readonly socket: Socket;
  readonly peer: string;
  /** From the end of the handshake on. */
  session: Http2Session | undefined;
  streams: number;
  refusals: number;
  /** When its last stream ended, or when it was made. */
  idleSince: number;
  /** When it was first seen to take no more streams. */
  closingSince: number | undefined;
  /** When something was last heard of it. */
  askedAt: number;
  answered: boolean;
}

/**
 * The connections: bounds how many one address has, closes idle ones, finds dead ones by pings, and cuts those that are refused
 * over and over. A session that was closed waits for its peer to close too; one whose peer never does is cut.
 */
export class Sessions {
  readonly #limits: XdsLimits;
  readonly #now: () => number;
  /** By address and port of the other end. */
  readonly #connections = new Map<string, Connection>();
  readonly #ofSession = new WeakMap<Http2Session, Connection>();
  readonly #ofPeer = new Map<string, number>();

  constructor(limits: XdsLimits, now: () => number) {
    this.#limits = limits;
    this.#now = now;
  }

  /** Takes a connection before its handshake; false when its address has enough of them, and then it is cut. */
  accept(socket: Socket): boolean {
    const peer = socket.remoteAddress;
    const count = this.#ofPeer.get(peer ?? "") ?? 0;
    // without an address it has gone already
    if (peer === undefined || count >= this.#limits.connectionsPerPeer) {
      socket.destroy();
      return peer === undefined;
    }
    const now = this.#now();
    const connection: Connection = {
      socket,
      peer,
      session: undefined,
      streams: 0,
      refusals: 0,
      idleSince: now,
      closingSince: undefined,
      askedAt: now,
      answered: true,
    };
    const place = placeOf(socket);
    this.#connections.set(place, connection);
    this.#ofPeer.set(peer, count + 1);
    socket.once("close", () => this.#forget(place, connection));
    return true;
  }

  add(session: Http2Session): void {
    // what breaks the connection closes it, and its streams with it
    session.on("error", () => session.destroy());
    const connection = this.#connections.get(placeOf(session.socket));
    if (connection === undefined) {
      session.destroy();
      return;
    }
    const now = this.#now();
    connection.session = session;
    connection.idleSince = now;
    connection.askedAt = now;
    this.#ofSession.set(session, connection);
  }

  /** The socket below its TLS, as it was accepted. */
  socketOf(session: Http2Session | undefined): Socket | undefined {
    return this.#of(session)?.socket;
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

  /** Looks at every connection, one in each step. Never throws: what cannot be looked at is cut. */
  *sweep(): Generator<void> {
    const now = this.#now();
    for (const connection of this.#connections.values()) {
      try {
        this.#lookAt(connection, now);
      } catch {
        connection.socket.destroy();
      }
      yield;
    }
  }

  /** Closes the connections without a stream; the others close with their streams. */
  retire(): void {
    for (const { session, socket, streams } of this.#connections.values()) {
      if (session === undefined) socket.destroy();
      else if (streams === 0) session.close();
    }
  }

  /** Cuts every connection. */
  destroy(): void {
    for (const { socket } of this.#connections.values()) socket.destroy();
  }

  #lookAt(connection: Connection, now: number): void {
    const { session, socket, streams, idleSince } = connection;
    const { goodbye, handshake, idleConnection, ping } = this.#limits;
    if (session === undefined) {
      // its own deadline has passed, and something that is not HTTP/2 came after it
      if (now - idleSince > handshake + goodbye) socket.destroy();
      return;
    }
    if (session.closed || session.destroyed) connection.closingSince ??= now;
    const since = connection.closingSince;
    if (since !== undefined && (streams === 0 || session.destroyed)) {
      if (now - Math.max(since, idleSince) > goodbye) socket.destroy();
      return;
    }
    if (streams === 0 && now - idleSince > idleConnection) session.close();
    else if (now - connection.askedAt > ping) this.#ping(session, connection, now);
  }

  #ping(session: Http2Session, connection: Connection, now: number): void {
    if (!connection.answered) {
      connection.socket.destroy();
      return;
    }
    connection.askedAt = now;
    connection.answered = false;
    session.ping((error) => {
      if (error === null) connection.answered = true;
    });
  }

  #forget(place: string, connection: Connection): void {
    if (this.#connections.get(place) === connection) this.#connections.delete(place);
    const left = (this.#ofPeer.get(connection.peer) ?? 1) - 1;
    if (left > 0) this.#ofPeer.set(connection.peer, left);
    else this.#ofPeer.delete(connection.peer);
  }

  #of(session: Http2Session | undefined): Connection | undefined {
    return session && this.#ofSession.get(session);
  }
}

function placeOf({ remoteAddress = "", remotePort = 0 }: Pick<Socket, "remoteAddress" | "remotePort">): string {
  return `${remoteAddress} ${remotePort}`;
}
