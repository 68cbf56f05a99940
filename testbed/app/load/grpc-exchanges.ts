import type { IncomingHttpHeaders } from "node:http";
import { connect } from "node:http2";
import { APP_SERVICE, grpcFrame, grpcMessages, stringMessage } from "../grpc-messages.ts";
import { AnswersInOrder } from "./answers-in-order.ts";
import type { ClientOptions } from "./client-options.ts";
import type { Exchanges } from "./exchanges.ts";
import { type KeptConnection, roundRobin } from "./round-robin.ts";
import type { Tally } from "./tally.ts";

/**
 * Messages on bidirectional gRPC streams that stay open, one a connection, each message answered by one. A stream that the
 * server ended (GOAWAY, or trailers) is replaced by one on a new connection; messages without an answer have failed.
 */
export function grpcExchanges({ url, connections, timeout }: ClientOptions, tally: Tally): Exchanges {
  return roundRobin(connections, (isReplacement): KeptConnection => {
    const answers = new AnswersInOrder(tally, timeout);
    const session = connect(`http://${url.host}`);
    const stream = session.request({
      ":method": "POST",
      ":path": `${APP_SERVICE}/Echo`,
      "content-type": "application/grpc",
      te: "trailers",
    });
    let isOpen = true;
    let failure = "closed";
    tally.connected(isReplacement);
    // one that is asked to go ends its stream in order: what it still waits for comes, and the next message goes elsewhere
    session.once("goaway", () => {
      isOpen = false;
      stream.end();
    });
    session.on("error", (error: NodeJS.ErrnoException) => {
      failure = error.code ?? error.message;
    });
    stream.on("error", (error: NodeJS.ErrnoException) => {
      failure = error.code ?? error.message;
    });
    const endBy = (headers: IncomingHttpHeaders) => {
      const status = headers["grpc-status"];
      if (typeof status === "string") failure = `grpc ${status}`;
    };
    stream.on("response", (headers) => {
      const status = headers[":status"];
      if (status === 200) endBy(headers);
      else failure = `status ${String(status)}`;
    });
    stream.on("trailers", endBy);
    stream.once("close", () => {
      isOpen = false;
      answers.allFailed(failure);
      session.close();
    });
    void (async () => {
      for await (const _ of grpcMessages(stream as AsyncIterable<Buffer>)) answers.answered();
    })().catch(() => undefined);
    return {
      isOpen: () => isOpen && !stream.destroyed && !session.destroyed,
      exchange() {
        const answered = answers.wait();
        stream.write(grpcFrame(stringMessage("ping")));
        return answered;
      },
      close: () => session.destroy(),
    };
  });
}
