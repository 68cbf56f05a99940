import { createServer, type Server, type Socket } from "node:net";
import { createInterface } from "node:readline";
import type { Identity } from "./description.ts";
import { describeConnection } from "./description.ts";
import type { Listener } from "./http-listener.ts";

/** Raw TCP where the client speaks first: every byte comes back. */
export function echoListener(): Listener {
  return tcpListener((socket) => socket.pipe(socket));
}

/**
 * A protocol where the server speaks first, as those of mail and of some databases do: a proxy that waits for the client's
 * first bytes would wait for ever. A greeting with a {@link Description} in one line, `250` and the line for each line,
 * the end after `QUIT`.
 */
export function greetingListener(identity: Identity): Listener {
  return tcpListener((socket) => {
    socket.write(`220 ${JSON.stringify(describeConnection(identity, "TCP", socket))}\r\n`);
    const lines = createInterface({ input: socket });
    lines.on("error", () => undefined);
    lines.on("line", (line) => {
      if (line === "QUIT") socket.end("221 bye\r\n");
      else socket.write(`250 ${line}\r\n`);
    });
  });
}

function tcpListener(serve: (socket: Socket) => void): Listener {
  const sockets = new Set<Socket>();
  const server: Server = createServer((socket) => {
    sockets.add(socket);
    socket.once("close", () => sockets.delete(socket));
    socket.on("error", () => socket.destroy());
    serve(socket);
  });
  // such a connection has no end of its own: what came is answered by now, and the rest is for the next one
  const drain = async () => {
    const closed = new Promise<void>((resolve) => server.close(() => resolve()));
    for (const socket of sockets) socket.end();
    await closed;
  };
  return { server, drain };
}
