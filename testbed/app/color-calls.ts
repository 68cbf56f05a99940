import { type ClientHttp2Session, connect, type IncomingHttpHeaders } from "node:http2";
import { COLOR_SERVICE } from "./color-messages.ts";
import { GRPC_STATUS, grpcFrame, grpcMessages } from "./grpc-messages.ts";

/** A call that did not end with OK. */
export class ColorCallError extends Error {
  override readonly name = "ColorCallError";
  /** The status of gRPC. */
  readonly status: number;

  constructor(status: number, message: string) {
    super(`grpc status ${status}: ${message}`);
    this.status = status;
  }
}

/** Calls a `color.ColorService` over one connection, which is kept and replaced when it ends, as the clients of gRPC do. */
export class ColorCalls {
  readonly #host: string;
  #session: ClientHttp2Session | undefined;

  /** `host`: a `host:port`. */
  constructor(host: string) {
    this.#host = host;
  }

  /** @throws ColorCallError for another status than OK; Error where the connection failed. */
  async call(method: string, message: Buffer, metadata: Readonly<Record<string, string>> = {}): Promise<Buffer> {
    const stream = this.#connected().request({
      ...metadata,
      ":method": "POST",
      ":path": `${COLOR_SERVICE}/${method}`,
      "content-type": "application/grpc",
      te: "trailers",
    });
    let last: IncomingHttpHeaders = {};
    stream.on("response", (headers) => (last = headers));
    stream.on("trailers", (trailers: IncomingHttpHeaders) => (last = trailers));
    stream.end(grpcFrame(message));
    let answer: Buffer | undefined;
    for await (const one of grpcMessages(stream as AsyncIterable<Buffer>)) answer = one;
    const status = Number(last["grpc-status"] ?? GRPC_STATUS.unknown);
    if (status !== GRPC_STATUS.ok) throw new ColorCallError(status, [last["grpc-message"] ?? ""].join());
    return answer ?? Buffer.alloc(0);
  }

  #connected(): ClientHttp2Session {
    if (this.#session === undefined || this.#session.closed || this.#session.destroyed) {
      this.#session = connect(`http://${this.#host}`);
      this.#session.on("error", () => undefined); // its streams say so
      this.#session.unref();
    }
    return this.#session;
  }
}
