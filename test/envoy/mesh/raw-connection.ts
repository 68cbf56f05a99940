import { once } from "node:events";
import { connect, type Socket } from "node:net";

/** A TCP connection that just goes when it breaks. */
export function openConnection(port: number, address: string): Socket {
  const socket = connect(port, address);
  socket.on("error", () => socket.destroy());
  return socket;
}

/** What comes next on a connection; `closed` where it ends. */
export async function heard(socket: Socket): Promise<string> {
  if (socket.destroyed) return "closed";
  // what did not come is not listened for any more
  const over = new AbortController();
  const { signal } = over;
  const data = once(socket, "data", { signal }) as Promise<[unknown]>;
  const closed = once(socket, "close", { signal }).then(() => ["closed"] as const);
  try {
    const [what] = await Promise.race([data, closed]);
    return String(what).trim();
  } finally {
    void Promise.allSettled([data, closed]);
    over.abort();
  }
}

/** A connection that asks for a WebSocket, and all that was heard on it. */
export function webSocket(port: number, address: string, path: string, host: string) {
  const socket = openConnection(port, address);
  const lines: string[] = [];
  socket.setEncoding("utf8").on("data", (text: string) => lines.push(text));
  socket.write(`GET ${path} HTTP/1.1\r\nhost: ${host}\r\nconnection: upgrade\r\nupgrade: websocket\r\n`);
  socket.write("sec-websocket-version: 13\r\nsec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n");
  return { socket, lines };
}
