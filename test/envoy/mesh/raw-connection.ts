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
  const [what] = (await Promise.race([once(socket, "data"), once(socket, "close").then(() => ["closed"])])) as [
    unknown,
  ];
  return String(what).trim();
}
