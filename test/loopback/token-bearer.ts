import { once } from "node:events";
import { connect, createServer, type Http2Server, type ServerHttp2Stream } from "node:http2";
import type { AddressInfo } from "node:net";

export interface TokenBearer {
  readonly port: number;
  readonly stop: () => void;
}

/**
 * Takes HTTP/2 in plain text on loopback, and passes each stream on over TLS with a token: for a client that can say neither whom it trusts
 * nor who it is.
 */
export async function tokenBearer(to: {
  readonly port: number;
  /** PEM of who issued the server's certificate, whose name is `localhost`. */
  readonly authority: string;
  readonly token: string;
}): Promise<TokenBearer> {
  const session = connect(`https://localhost:${to.port}`, { ca: to.authority });
  session.on("error", () => session.destroy());
  const server: Http2Server = createServer();
  server.on("stream", (stream: ServerHttp2Stream, headers) => {
    const { ":authority": _, ...rest } = headers;
    const onwards = session.request({ ...rest, authorization: `Bearer ${to.token}` });
    onwards.on("error", () => stream.close());
    stream.on("error", () => onwards.close());
    onwards.on("response", (answer) => {
      stream.respond(answer, { waitForTrailers: true });
      onwards.pipe(stream);
    });
    let trailers = {};
    onwards.on("trailers", (found) => (trailers = found));
    stream.on("wantTrailers", () => stream.sendTrailers(trailers));
    stream.pipe(onwards);
  });
  await once(server.listen(0, "127.0.0.1"), "listening");
  return {
    port: (server.address() as AddressInfo).port,
    stop() {
      session.destroy();
      server.close();
    },
  };
}
