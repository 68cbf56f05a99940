import { once } from "node:events";
import { connect, type Socket } from "node:net";

/*
 * In a pod: HOST PORT COUNT SECONDS — opens so many connections to a server that echoes, sends a word on each and waits for it, holds
 * them all open so long, and does the same again.
 */
const [host = "", port = "", count = "", seconds = ""] = process.argv.slice(2);
const sockets: Socket[] = [];

async function echoed(socket: Socket): Promise<void> {
  socket.write("word\n");
  const ended = once(socket, "close").then(() => {
    throw new Error(`connection ${sockets.indexOf(socket)} of ${count} was closed`);
  });
  await Promise.race([once(socket, "data"), ended]);
}

async function all(): Promise<void> {
  for (let begun = 0; begun < sockets.length; begun += 100)
    await Promise.all(sockets.slice(begun, begun + 100).map(echoed));
}

while (sockets.length < Number(count)) {
  const batch = Array.from({ length: Math.min(100, Number(count) - sockets.length) }, () =>
    connect(Number(port), host).setMaxListeners(0),
  );
  sockets.push(...batch);
  await Promise.all(batch.map((socket) => once(socket, "connect")));
}
await all();
await new Promise((resolve) => setTimeout(resolve, Number(seconds) * 1000));
await all();
process.stdout.write(`${count} answered, and again after ${seconds} seconds`);
process.exit(0);
