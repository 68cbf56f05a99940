import { once } from "node:events";
import { createServer, type Socket } from "node:net";
import { TestbedError } from "../testbed-error.ts";
import type { ControlAnswer, ControlRequest } from "./control-requests.ts";

/** Requests are a few hundred bytes. */
const LONGEST_REQUEST = 16_384;
/** `sun_path` of unix(7), less its end. */
const LONGEST_SOCKET_PATH = 107;

/**
 * Answers requests on a Unix socket, one a connection: a line of JSON, then the end of the stream. The socket lies in the
 * cluster's folder, which its user alone can enter. Does not keep this process alive.
 *
 * @throws TestbedError `usage` when the path is too long for a socket.
 */
export async function serveControl(path: string, handle: (request: ControlRequest) => Promise<boolean>): Promise<void> {
  if (Buffer.byteLength(path) > LONGEST_SOCKET_PATH) {
    throw new TestbedError(
      "usage",
      `${path} is too long for a socket (${LONGEST_SOCKET_PATH} bytes); take a shorter name, or a shorter XDG_CACHE_HOME`,
    );
  }
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    socket.on("error", () => socket.destroy());
    void answer(socket, handle).then((result) => socket.end(JSON.stringify(result)));
  });
  server.listen(path);
  await once(server, "listening");
  server.unref();
}

async function answer(socket: Socket, handle: (request: ControlRequest) => Promise<boolean>): Promise<ControlAnswer> {
  try {
    return { kind: "done", ready: await handle(JSON.parse(await receive(socket)) as ControlRequest) };
  } catch (error) {
    const code = error instanceof TestbedError ? error.code : "start";
    return { kind: "failed", code, message: error instanceof Error ? error.message : String(error) };
  }
}

async function receive(socket: Socket): Promise<string> {
  let received = "";
  socket.setEncoding("utf8");
  for await (const chunk of socket.iterator({ destroyOnReturn: false })) {
    received += chunk as string;
    if (received.length <= LONGEST_REQUEST) continue;
    // What is on its way is thrown away: a socket closed before it was read resets the connection, and our answer is lost.
    socket.resume();
    throw new TestbedError("usage", "the request is too long");
  }
  return received;
}
