import { type ClientHttp2Session, connect, type IncomingHttpHeaders } from "node:http2";
import { ANSWERED_BY, APP_SERVICE, grpcFrame, grpcMessages, stringMessage } from "../grpc-messages.ts";
import type { ClientOptions } from "./client-options.ts";
import type { Exchanges } from "./exchanges.ts";
import { type KeptConnection, roundRobin } from "./round-robin.ts";
import type { Tally } from "./tally.ts";

/** Six seconds of them: longer than an application goes on for before it ends what is under way. */
const NUMBERS = 300;

/** Streams of {@link NUMBERS} numbers that a server sends, one after the other on connections that are kept. One that ends early has failed. */
export function grpcStreamExchanges({ url, connections, timeout }: ClientOptions, tally: Tally): Exchanges {
  return roundRobin(connections, (isReplacement): KeptConnection => {
    const session = connect(`http://${url.host}`);
    let isOpen = true;
    let lost: string | undefined;
    tally.connected(isReplacement);
    for (const end of ["goaway", "close"]) session.once(end, () => (isOpen = false));
    session.on("error", (error: NodeJS.ErrnoException) => {
      lost = error.code;
    });
    return {
      isOpen: () => isOpen,
      exchange: () => streamed(session, timeout, tally, () => lost),
      close: () => session.close(),
    };
  });
}

/** `lost`: why the connection failed, if it did. */
async function streamed(
  session: ClientHttp2Session,
  timeout: number,
  tally: Tally,
  lost: () => string | undefined,
): Promise<void> {
  const settle = tally.begin();
  const stream = session.request({
    ":method": "POST",
    ":path": `${APP_SERVICE}/Count`,
    "content-type": "application/grpc",
    te: "trailers",
  });
  let isLate = false;
  const timer = setTimeout(() => {
    isLate = true;
    stream.destroy();
  }, timeout);
  let [first, last]: [IncomingHttpHeaders, IncomingHttpHeaders] = [{}, {}];
  stream.once("response", (headers) => ([first, last] = [headers, headers]));
  stream.once("trailers", (trailers: IncomingHttpHeaders) => (last = trailers));
  stream.end(grpcFrame(stringMessage(String(NUMBERS))));
  let numbers = 0;
  let failure: string | undefined;
  try {
    for await (const _ of grpcMessages(stream as AsyncIterable<Buffer>)) numbers++;
    const status = [last["grpc-status"] ?? "none"].join();
    if (numbers !== NUMBERS) failure = `grpc ${status} after ${numbers === 0 ? "nothing" : "a part"}`;
  } catch (error) {
    failure = lost() ?? (error as NodeJS.ErrnoException).code ?? (error as Error).message;
  }
  clearTimeout(timer);
  settle(isLate ? "timeout" : failure, [first[ANSWERED_BY] ?? []].flat()[0]);
}
