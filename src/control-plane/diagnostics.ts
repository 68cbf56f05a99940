import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import type { JsonObject } from "../model/json.ts";
import type { ListenAddress } from "../webhook/listen-address.ts";

/** The listener that shows what is going on. It stands on loopback, so whoever may forward a port to the pod may ask, and nobody else. */
export interface DiagnosticsServer {
  readonly address: ListenAddress;
  close(): Promise<void>;
}

/** Serves pages of JSON by their paths; docs/control-plane.md describes them. Rejects when the address cannot be had. */
export async function serveDiagnostics(
  listen: ListenAddress,
  pages: Readonly<Record<string, () => JsonObject>>,
): Promise<DiagnosticsServer> {
  const server = createServer((request, response) => {
    request.resume();
    const path = (request.url ?? "").split("?", 1)[0] ?? "";
    const page = request.method === "GET" && Object.hasOwn(pages, path) ? pages[path] : undefined;
    const body = page?.() ?? { problem: `expected GET ${Object.keys(pages).join(" or ")}` };
    response.writeHead(page === undefined ? 404 : 200, {
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
