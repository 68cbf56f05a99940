import { once } from "node:events";
import { connect, type IncomingHttpHeaders, type IncomingHttpStatusHeader } from "node:http2";

/** What was answered to a POST over HTTP/2. */
export interface Http2Answer {
  readonly headers: IncomingHttpHeaders & IncomingHttpStatusHeader;
  /** Of gRPC, from the trailers or, without a message, from the headers. */
  readonly grpcStatus: string | undefined;
  readonly body: string;
}

/** Sends one over a connection of its own. */
export async function callHttp2(
  port: number,
  address: string,
  headers: Readonly<Record<string, string | string[]>>,
): Promise<Http2Answer> {
  const session = connect(`http://${address}:${port}`);
  try {
    const stream = session.request({ ":method": "POST", ...headers });
    let body = "";
    let answered: Http2Answer["headers"] = {};
    let trailers: IncomingHttpHeaders = {};
    stream.setEncoding("utf8").on("data", (chunk: string) => (body += chunk));
    stream.on("response", (found) => (answered = found)).on("trailers", (found) => (trailers = found));
    stream.end("x");
    await once(stream, "end");
    const status = trailers["grpc-status"] ?? answered["grpc-status"];
    return { headers: answered, grpcStatus: status === undefined ? undefined : String(status), body };
  } finally {
    session.close();
  }
}
