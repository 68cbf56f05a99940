import { once } from "node:events";
import { createServer as createHttpServer } from "node:http";
import { createServer as createHttp2Server } from "node:http2";
import { type AddressInfo, connect, createServer, type Server } from "node:net";
import { appAddress, HOSTED, podPlace } from "./places.ts";
import { PODS, type Ports, type Protocol, protocolOf } from "./shop.ts";

/** Servers behind all nodes and pods; each says its name. */
export async function listeningApps(ports: Ports): Promise<readonly Server[]> {
  const nodes = HOSTED.map((name) => {
    const protocol = name === "db" ? "tcp" : name === "marker" ? "http" : protocolOf(name);
    return app(name, protocol).listen(ports[protocol], appAddress(name));
  });
  const pods = PODS.map((name) => app(name, "http").listen(ports.http, podPlace(name)));
  const apps = [...nodes, ...pods];
  await Promise.all(apps.map((each) => once(each, "listening")));
  return apps;
}

function app(name: string, protocol: Protocol): Server {
  switch (protocol) {
    case "http":
      return httpApp(name);
    case "grpc":
      return grpcApp(name);
    case "tcp":
      // it speaks first, and then repeats what it hears
      return createServer((socket) => {
        socket.on("error", () => socket.destroy());
        socket.write(`${name}\n`);
        socket.pipe(socket);
      });
  }
}

/** It speaks HTTP/1.1 and HTTP/2, as a connection begins: one of two servers has the rest of it. */
function httpApp(name: string): Server {
  const older = createHttpServer((_, answer) => answer.end(name)).listen(0, "127.0.0.1");
  const newer = createHttp2Server((_, answer) => answer.end(name)).listen(0, "127.0.0.1");
  const app = createServer((socket) => {
    socket.on("error", () => socket.destroy());
    socket.once("data", (first: Buffer) => {
      const server = first.toString("latin1").startsWith("PRI ") ? newer : older;
      const far = connect((server.address() as AddressInfo).port, "127.0.0.1");
      far.on("error", () => socket.destroy()).on("close", () => socket.destroy());
      socket.on("close", () => far.destroy());
      far.write(first);
      socket.pipe(far).pipe(socket);
    });
  });
  return app.on("close", () => {
    older.close();
    newer.close();
  });
}

function grpcApp(name: string): Server {
  const server = createHttp2Server();
  server.on("stream", (stream) => {
    stream.on("error", () => stream.close());
    stream.resume().on("end", () => {
      stream.respond({ ":status": 200, "content-type": "application/grpc" }, { waitForTrailers: true });
      stream.on("wantTrailers", () => stream.sendTrailers({ "grpc-status": "0" }));
      stream.end(name);
    });
  });
  return server;
}
