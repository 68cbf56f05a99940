import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import type { JsonObject } from "../model/json.ts";
import type { ListenAddress } from "../webhook/listen-address.ts";

/** The listener that shows streams. It stands on loopback, so whoever may forward a port to the pod may ask, and nobody else. */
export interface DiagnosticsServer {
  readonly address: ListenAddress;
  close(): Promise<void>;
}

/** Serves `GET /streams` as JSON: `{"streams": [...]}`, described in docs/control-plane.md. Rejects when the address cannot be had. */
export async function serveDiagnostics(
  listen: ListenAddress,
  streams: () => readonly JsonObject[],
): Promise<DiagnosticsServer> {
  const server = createServer((request, response) => {
    request.resume();
    const path = (request.url ?? "").split("?", 1)[0];
    const isKnown = path === "/streams" && request.method === "GET";
    const body = isKnown ? { streams: streams() } : { problem: "expected GET /streams" };
    response.writeHead(isKnown ? 200 : 404, {
      "content-type": "application/json",
      "x-content-type-options": "nosniff",
    });
    response.end(`${JSON.stringify(body)}\n`);
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen({ host: listen.host, port: listen.port }, () => {
      server.off("error", reject);
      resolve();
    });
  });
  const { address, port } = server.address() as AddressInfo;
  return {
    address: { host: address, port },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
