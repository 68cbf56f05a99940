import type { Server as HttpServer } from "node:http";
import { createServer as createHttp2Server } from "node:http2";
import { createServer, type Server } from "node:net";
import { createServer as createTlsServer } from "node:tls";

/* What sidecars stand before, or what is outside of the mesh, of which a test wants no more than to know who answered. */

/** Answers every stream at once, as a call of gRPC that went well. */
export function answeringGrpc(name: string): Server {
  const server = createHttp2Server();
  server.on("stream", (stream) => {
    stream.respond({ ":status": 200, "content-type": "application/grpc" }, { waitForTrailers: true });
    stream.on("wantTrailers", () => stream.sendTrailers({ "grpc-status": "0" }));
    stream.end(name);
  });
  return server as unknown as Server;
}

/** It speaks first, as MySQL does, and then repeats what it hears. */
export function greeting(name: string): Server {
  return createServer((socket) => {
    socket.on("error", () => socket.destroy());
    socket.write(`welcome to ${name}\n`);
    socket.on("data", (data: Buffer) => socket.write(`${name} heard ${data.toString()}`));
  });
}

/** Milliseconds after which a client that said nothing is taken for one that waits to be spoken to. */
const SILENCE = 1_000;

/** Everything outside: it speaks TLS or HTTP to whoever begins so, and greets whoever says nothing. */
export function anything({ cert, key }: { readonly cert: string; readonly key: string }): Server {
  const tls = createTlsServer({ cert, key }, (socket) => {
    socket.on("error", () => socket.destroy());
    socket.write("secret\n");
  });
  return createServer((socket) => {
    socket.on("error", () => socket.destroy());
    // who speaks has spoken long before, on a busy machine too, and what came meanwhile is read in the next turn of the loop
    let greet: NodeJS.Timeout | NodeJS.Immediate = setTimeout(() => {
      greet = setImmediate(() => socket.write("welcome outside\n"));
    }, SILENCE);
    socket.once("data", (first: Buffer) => {
      clearTimeout(greet as NodeJS.Timeout);
      clearImmediate(greet as NodeJS.Immediate);
      if (first[0] === 0x16) {
        socket.pause();
        socket.unshift(first);
        tls.emit("connection", socket);
        return;
      }
      const host = /^host: (.*)\r$/im.exec(first.toString())?.[1] ?? "";
      const body = `outside ${host}`;
      socket.end(`HTTP/1.1 200 OK\r\ncontent-length: ${body.length}\r\nconnection: close\r\n\r\n${body}`);
    });
  });
}

/** Has a server take every upgrade, and repeat what it hears from then on. */
export function echoUpgrades(server: HttpServer): void {
  server.on("upgrade", (asked, socket) => {
    socket.on("error", () => socket.destroy());
    socket.write(
      `HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: ${asked.headers.upgrade}\r\n\r\n`,
    );
    socket.on("data", (data: Buffer) => socket.write(`echo ${data.toString()}`));
  });
}
