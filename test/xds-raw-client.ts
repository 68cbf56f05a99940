import { once } from "node:events";
import { type ClientHttp2Session, connect as connectHttp2, constants } from "node:http2";
import { type AddressInfo, connect as connectTcp, createServer, type Socket } from "node:net";

export interface RawAnswer {
  readonly ":status"?: number | undefined;
  readonly trailers: Readonly<Record<string, unknown>> | undefined;
}

/** HTTP/2 without a gRPC library, which is too polite for some things. */
export interface RawSession {
  readonly session: ClientHttp2Session;
  /** One call of ADS with these headers, and what came back once its stream is closed. */
  readonly ask: (headers: Record<string, string>, body?: Buffer) => Promise<RawAnswer>;
}

export async function rawSession(port: number, authority: string): Promise<RawSession> {
  const session = connectHttp2(`https://localhost:${port}`, { ca: authority });
  session.on("error", () => undefined);
  await once(session, "connect");
  const ask = async (headers: Record<string, string>, body?: Buffer): Promise<RawAnswer> => {
    const stream = session.request(
      {
        [constants.HTTP2_HEADER_METHOD]: "POST",
        [constants.HTTP2_HEADER_PATH]:
          "/envoy.service.discovery.v3.AggregatedDiscoveryService/DeltaAggregatedResources",
        "content-type": "application/grpc",
        ...headers,
      },
      { endStream: false },
    );
    stream.on("error", () => undefined);
    if (body !== undefined) stream.write(body);
    let trailers: Readonly<Record<string, unknown>> | undefined;
    stream.on("trailers", (received) => {
      trailers = received;
    });
    let answer: Readonly<Record<string, unknown>> = {};
    stream.on("response", (received) => {
      answer = received;
    });
    stream.resume();
    await once(stream, "close").catch(() => undefined);
    return { ":status": answer[":status"] as number | undefined, trailers };
  };
  return { session, ask };
}

/** A way to the server. */
export interface WayToServer {
  readonly port: number;
  close(): Promise<void>;
}

export interface FreezableProxy extends WayToServer {
  freeze(): void;
}

/** A way to the server that can be cut without either side being told. */
export async function freezableProxy(port: number): Promise<FreezableProxy> {
  const sockets: Socket[] = [];
  const proxy = createServer((near) => {
    const far = connectTcp({ port, host: "127.0.0.1" });
    for (const socket of [near, far]) socket.on("error", () => undefined);
    sockets.push(near, far);
    near.pipe(far).pipe(near);
  });
  await once(proxy.listen(0, "127.0.0.1"), "listening");
  return {
    port: (proxy.address() as AddressInfo).port,
    freeze: () => {
      for (const socket of sockets) socket.unpipe().pause();
    },
    close: async () => {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => proxy.close(resolve));
    },
  };
}

/** A way to the server whose end never closes, whatever either side does. */
export async function stubbornProxy(port: number): Promise<WayToServer & { readonly far: readonly Socket[] }> {
  const sockets: Socket[] = [];
  const distant: Socket[] = [];
  const proxy = createServer({ allowHalfOpen: true }, (near) => {
    const far = connectTcp({ port, host: "127.0.0.1", allowHalfOpen: true });
    for (const socket of [near, far]) socket.on("error", () => undefined);
    sockets.push(near, far);
    distant.push(far);
    near.pipe(far, { end: false });
    far.pipe(near, { end: false });
  });
  await once(proxy.listen(0, "127.0.0.1"), "listening");
  return {
    port: (proxy.address() as AddressInfo).port,
    far: distant,
    close: async () => {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => proxy.close(resolve));
    },
  };
}
