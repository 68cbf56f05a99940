import type { IncomingHttpHeaders, ServerHttp2Stream } from "node:http2";
import { constants } from "node:http2";
import type { TurnQueue } from "../turn-queue.ts";
import { framed, grpcMessage, MessageReader } from "./grpc-frames.ts";
import { Inbox, type InboxHandlers } from "./inbox.ts";
import { grpcCode, StreamClosed } from "./stream-closed.ts";

const CONTENT_TYPE = "application/grpc";

/** One bidirectional call of gRPC over HTTP/2, on the server's side. */
export class GrpcStream {
  readonly #stream: ServerHttp2Stream;
  readonly #goodbye: number;
  #status: StreamClosed | undefined;
  #inbox: Inbox | undefined;

  /** `goodbye`: milliseconds for the status to be delivered before the stream is cut. */
  constructor(stream: ServerHttp2Stream, goodbye: number) {
    this.#stream = stream;
    this.#goodbye = goodbye;
    // a stream that breaks off closes too, and that is what counts
    stream.on("error", () => undefined);
  }

  /** Starts to read, with the bounds of the first message and of later ones; until then the client can send no more than fits its window. */
  read([first, later]: readonly [first: number, later: number], turns: TurnQueue, handlers: InboxHandlers): void {
    const ended = (): void => {
      // the end of a stream that was reset, or whose connection broke, is no farewell
      if (!this.#stream.closed && !this.#stream.destroyed) handlers.ended();
    };
    this.#inbox = new Inbox(this.#stream, new MessageReader(first, later), { ...handlers, ended }, turns);
  }

  /** Sends a message that is given in pieces. */
  send(pieces: readonly Uint8Array[]): void {
    if (this.#status !== undefined || this.#stream.destroyed) return;
    this.#respond();
    this.#stream.write(framed(pieces));
  }

  /** Whether what was sent has gone to the network: it waits in our memory otherwise. */
  get isDrained(): boolean {
    return !this.#stream.writableNeedDrain;
  }

  /** Calls back whenever that becomes true. */
  onDrain(callback: () => void): void {
    this.#stream.on("drain", callback);
  }

  /** Ends the stream with the status of the reason; the first end counts. */
  end(status: StreamClosed): void {
    if (this.#status !== undefined) return;
    this.#status = status;
    this.#inbox?.close();
    const stream = this.#stream;
    if (stream.destroyed) return;
    this.#respond();
    stream.end();
    stream.resume();
    const cut = setTimeout(() => stream.close(constants.NGHTTP2_NO_ERROR), this.#goodbye);
    stream.once("close", () => clearTimeout(cut));
  }

  #respond(): void {
    const stream = this.#stream;
    if (stream.headersSent || stream.destroyed) return;
    stream.respond({ ":status": 200, "content-type": CONTENT_TYPE }, { waitForTrailers: true });
    stream.once("wantTrailers", () => {
      if (stream.destroyed) return;
      stream.sendTrailers(trailers(this.#status));
      // everything is said: a client that goes on talking is not listened to (RFC 9113 §8.1)
      setImmediate(() => stream.close(constants.NGHTTP2_NO_ERROR));
    });
  }
}

/** Whether a request is one of gRPC; what is not gets an HTTP status, as gRPC's protocol asks. */
export function httpStatusFor(headers: IncomingHttpHeaders): 200 | 405 | 415 {
  if (headers[":method"] !== "POST") return 405;
  return /^application\/grpc(?:$|[+;])/.test(headers["content-type"] ?? "") ? 200 : 415;
}

function trailers(status: StreamClosed | undefined): Record<string, string> {
  if (status === undefined) return { "grpc-status": "0" };
  return { "grpc-status": String(grpcCode(status.code)), "grpc-message": grpcMessage(status.message) };
}

/** What the client need not know stays out of the message; the log has the cause. */
export function internal(error: unknown): StreamClosed {
  return new StreamClosed("internal-error", "the control plane failed to handle this", { cause: error });
}
