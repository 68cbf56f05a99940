import { createSecureServer, type IncomingHttpHeaders, type ServerHttp2Stream } from "node:http2";
import { createServer } from "node:net";
import type { JsonObject } from "../../model/json.ts";
import type { ListenAddress } from "../../serving/listen-address.ts";
import { listening } from "../../serving/listening.ts";
import { XDS_LIMITS, type XdsLimits } from "../limits.ts";
import { TurnQueue } from "../turn-queue.ts";
import { type Work, WorkRound } from "../work-round.ts";
import { Admission } from "./admission.ts";
import { AdsStream, type AdsVariant } from "./ads-stream.ts";
import type { Application, Caller, ServedProxy, XdsEvents } from "./application.ts";
import { GrpcStream, httpStatusFor, internal } from "./grpc-stream.ts";
import { Sessions } from "./sessions.ts";
import type { Snapshot } from "./snapshot.ts";
import { StreamClosed } from "./stream-closed.ts";
import { type ActiveStream, type ConnectedProxy, type Holding, type StandingProxy, Streams } from "./streams.ts";

const SERVICE = "/envoy.service.discovery.v3.AggregatedDiscoveryService";
const METHODS: Readonly<Record<string, AdsVariant>> = {
  [`${SERVICE}/DeltaAggregatedResources`]: "delta",
  [`${SERVICE}/StreamAggregatedResources`]: "sotw",
};
/** As ALPN calls it (RFC 9113 §3.2). */
const HTTP2 = "h2";
const SECURE = { minVersion: "TLSv1.2" } as const;

/** A certificate chain and its key, PEM. */
export interface ServerCredentials {
  readonly certificate: string;
  readonly key: string;
}

export interface XdsServerParts<C extends Caller> {
  readonly credentials: ServerCredentials;
  readonly application: Application<C>;
  readonly events: XdsEvents;
  /** How long a stream may stand, in milliseconds, before it is ended for its age. */
  readonly maxAge: number;
  /** Where requests are handled and streams go on, in turns with the work that changes their content; by default a round of its own. */
  readonly round?: WorkRound;
  /** For tests. */
  readonly limits?: Partial<XdsLimits>;
  readonly random?: () => number;
}

/** The xDS listener, once it listens. */
export interface XdsServer {
  readonly address: ListenAddress;
  /** New connections get this certificate; standing ones keep theirs. */
  use(credentials: ServerCredentials): void;
  /** Number of streams. */
  streams(): number;
  /** How the proxy of each stream stands, the oldest first. */
  standing(): Iterable<StandingProxy>;
  /** The proxy of each stream. */
  connected(): Iterable<ConnectedProxy>;
  /** Who of those that are to have endpoints of this name has acknowledged them as they are now. */
  holding(endpoints: string): Holding;
  /** What diagnostics show of each stream, made as it is asked for. */
  shown(): Iterable<JsonObject>;
  /** Stops listening and ends all streams within so many milliseconds, sooner when there are few; resolves when the last connection is gone. */
  drain(within: number): Promise<void>;
  /** Cuts every connection. */
  destroy(): void;
}

/**
 * Serves ADS, delta and state of the world, as gRPC over HTTP/2 and TLS 1.2 or later. Rejects with the system's error when the
 * address cannot be used. The framing is done here and not by a gRPC library, so that every refusal has its reason and its
 * count, and that connections end as they should (docs/decisions/0015-xds-server.md).
 */
export async function serveXds<C extends Caller>(listen: ListenAddress, parts: XdsServerParts<C>): Promise<XdsServer> {
  const limits = { ...XDS_LIMITS, ...parts.limits };
  const random = parts.random ?? Math.random;
  const now = (): number => performance.now();
  const streams = new Streams(limits, now);
  const sessions = new Sessions(limits, now);
  const round = parts.round ?? new WorkRound();
  const [requests, overdue] = [new TurnQueue(round), new TurnQueue(round)];
  const server = createSecureServer({
    ...SECURE,
    cert: parts.credentials.certificate,
    key: parts.credentials.key,
    handshakeTimeout: limits.handshake,
    // a list here is copied for each connection into a slice of a shared 64 KB, which the slice then keeps
    ALPNCallback: ({ protocols }) => protocols.find((protocol) => protocol === HTTP2),
    settings: { maxConcurrentStreams: limits.streamsPerConnection, maxHeaderListSize: limits.headerBytes },
  });
  const handshakeFailed = (error: Error): void => parts.events.handshakeFailed(error);
  const admission = new Admission({
    limits,
    begin: (socket) => void server.emit("connection", socket),
    gone: handshakeFailed,
  });
  const listener = createServer({ pauseOnConnect: true }, (socket) => {
    if (sessions.accept(socket)) admission.add(socket);
    else handshakeFailed(Object.assign(new Error("too many connections"), { code: "TOO_MANY_OF_ONE_ADDRESS" }));
  });
  listener.maxConnections = limits.connections;
  server.on("session", (session) => sessions.add(session));
  // an error of one session is that session's alone
  server.on("sessionError", () => undefined);
  server.on("tlsClientError", (error, socket) => {
    handshakeFailed(error);
    socket.destroy();
  });
  server.on("stream", (stream, headers) => {
    const { session } = stream;
    sessions.streamBegun(session);
    stream.once("close", () => sessions.streamEnded(session));
    void serveStream(stream, headers);
  });
  let sweep: Generator<void> | undefined;
  round.add({
    next() {
      if (sweep?.next().done !== false) sweep = undefined;
      return sweep !== undefined;
    },
  });
  const sweeping = setInterval(() => {
    // where the last one is not over, it goes on
    sweep ??= sweepOnce();
    round.wake();
  }, limits.sweep);
  sweeping.unref();

  function* sweepOnce(): Generator<void> {
    yield* streams.sweep();
    yield* sessions.sweep();
  }

  async function serveStream(stream: ServerHttp2Stream, headers: IncomingHttpHeaders): Promise<void> {
    const status = httpStatusFor(headers);
    const peer = stream.session?.socket.remoteAddress ?? "";
    const refused = (caller: C | undefined, why: StreamClosed): void => {
      parts.events.closed({ caller, peer, why, seconds: 0 });
      sessions.refused(stream.session);
      served(stream);
    };
    if (status !== 200) {
      stream.on("error", () => undefined);
      stream.respond({ ":status": status }, { endStream: true });
      refused(
        undefined,
        new StreamClosed("unknown-method", `HTTP status ${status}: expected POST with application/grpc`),
      );
      return;
    }
    const grpc = new GrpcStream(stream, limits.goodbye);
    let caller: C | undefined;
    try {
      const protocol = METHODS[headers[":path"] ?? ""];
      if (protocol === undefined) {
        const message = `expected the method StreamAggregatedResources or DeltaAggregatedResources of ${SERVICE.slice(1)}`;
        throw new StreamClosed("unknown-method", message);
      }
      caller = await parts.application.authenticate(headers.authorization, peer);
      if (!stream.destroyed) begin(stream, grpc, caller, protocol, peer);
    } catch (error) {
      const why = error instanceof StreamClosed ? error : internal(error);
      grpc.end(why);
      refused(caller, why);
      // whoever came too late is to go elsewhere too
      if (why.code === "shutdown") stream.session?.close();
    }
  }

  /** What its connection was let in for is done. */
  function served({ session }: ServerHttp2Stream): void {
    const socket = sessions.socketOf(session);
    if (socket !== undefined) admission.served(socket);
  }

  function begin(stream: ServerHttp2Stream, grpc: GrpcStream, caller: C, protocol: AdsVariant, peer: string): void {
    let proxy: ServedProxy | undefined;
    const begun = now();
    let looking: NodeJS.Timeout | undefined;
    const ads = new AdsStream({
      protocol,
      limits,
      now,
      admit: (node) => {
        proxy = parts.application.admit(caller, node);
        proxy.subscribe(changed);
        return proxy.snapshot();
      },
      send: (message) => {
        grpc.send(message);
        parts.events.sent(message.reduce((sum, piece) => sum + piece.length, 0));
      },
      canSend: () => grpc.isDrained,
      lookAgain(milliseconds) {
        clearTimeout(looking);
        // a little later, so that the time has surely come
        looking = milliseconds === undefined ? undefined : setTimeout(() => overdue.add(proceeds), milliseconds + 1);
      },
      received: (type, receipt) => parts.events.received(caller, type, receipt),
      judged: (rejection) => parts.events.judged(caller, rejection),
    });
    let ended = false;
    const end = (why: StreamClosed): void => {
      if (ended) return;
      ended = true;
      clearTimeout(looking);
      overdue.remove(proceeds);
      proxy?.close();
      streams.remove(active);
      // the next stream is to have a connection of its own, maybe to another replica
      if (why.code === "aged" || why.code === "shutdown") stream.session?.close();
      grpc.end(why);
      parts.events.closed({ caller, peer, why, seconds: (now() - begun) / 1000 });
    };
    const jitter = 1 + (random() - 0.5) * 2 * limits.ageJitter;
    const endsAt = begun + parts.maxAge * jitter;
    const active: ActiveStream = {
      caller,
      protocol,
      peer,
      since: Date.now(),
      endsAt,
      ads,
      proxy: () => proxy,
      end,
    };
    streams.add(active);
    parts.events.opened(caller, protocol);
    stream.once("close", () => end(new StreamClosed("connection-lost", "the client is gone")));
    const guarded = (act: () => void): void => {
      try {
        act();
      } catch (error) {
        end(error instanceof StreamClosed ? error : internal(error));
      }
    };
    const proceeds: Work = {
      next() {
        if (!ended) guarded(() => ads.proceed());
        return false;
      },
    };
    function changed(snapshot: Snapshot): void {
      if (ended) return;
      try {
        ads.update(snapshot);
      } catch (error) {
        parts.events.refreshFailed(caller, error);
      }
    }
    grpc.onDrain(() => overdue.add(proceeds));
    grpc.read([limits.messageBytes, limits.laterMessageBytes], requests, {
      message(bytes) {
        guarded(() => ads.receive(bytes));
        served(stream);
      },
      broken: (error) => end(error instanceof StreamClosed ? error : internal(error)),
      ended: () => end(new StreamClosed("client-ended", "the client has ended the stream")),
    });
  }

  return {
    address: await listening(listener, listen),
    use: ({ certificate, key }) => server.setSecureContext({ ...SECURE, cert: certificate, key }),
    streams: () => streams.size,
    standing: () => streams.standing(),
    connected: () => streams.connected(),
    holding: (endpoints) => streams.holding(endpoints),
    shown: () => streams.shown(),
    drain(within) {
      const closed = new Promise<void>((resolve) => listener.close(() => resolve()));
      streams.drain(within, random);
      sessions.retire();
      return closed.finally(() => clearInterval(sweeping));
    },
    destroy: () => sessions.destroy(),
  };
}
