import { createServer } from "node:net";

/*
 * node socket-server.ts PORT... — accepts connections on every address of these ports and says at once, before it is
 * asked, which port it is and who came: `PORT ADDRESS`, then repeats what it hears. Says `ready` when it listens.
 */
const ports = process.argv.slice(2).map(Number);
await Promise.all(
  ports.map((port) => {
    const server = createServer((socket) => {
      socket.on("error", () => socket.destroy());
      socket.write(`${port} ${socket.remoteAddress?.replace(/^::ffff:/, "")}\n`);
      socket.pipe(socket);
    });
    return new Promise<void>((listening) => server.listen({ port }, listening));
  }),
);
process.stdout.write("ready\n");
