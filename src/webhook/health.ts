import { createServer, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import type { Registry } from "prom-client";
import type { ListenAddress } from "./listen-address.ts";
import type { ReadinessProbe } from "./readiness.ts";

/** The plain HTTP listener for the kubelet and for Prometheus, apart from the one that API servers call. */
export interface HealthServer {
  readonly address: ListenAddress;
  close(): Promise<void>;
}

/** Serves `/healthz`, `/readyz` and `/metrics`. Rejects when the address cannot be had. */
export async function serveHealth(
  listen: ListenAddress,
  readiness: ReadinessProbe,
  registry: Registry,
): Promise<HealthServer> {
  const server = createServer((request, response) => {
    request.resume();
    void route((request.url ?? "").split("?", 1)[0] ?? "", response).catch(() => send(response, 500, "internal error"));
  });
  async function route(path: string, response: ServerResponse): Promise<void> {
    switch (path) {
      case "/healthz":
        return send(response, 200, "ok");
      case "/readyz": {
        const { ready, report } = await readiness.check();
        return send(response, ready ? 200 : 503, report);
      }
      case "/metrics":
        response.setHeader("content-type", registry.contentType);
        return void response.end(await registry.metrics());
      default:
        return send(response, 404, "expected /healthz, /readyz or /metrics");
    }
  }
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen({ port: listen.port, ...(listen.host !== "" && { host: listen.host }) }, () => {
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

function send(response: ServerResponse, status: number, text: string): void {
  response.writeHead(status, { "content-type": "text/plain; charset=utf-8", "x-content-type-options": "nosniff" });
  response.end(`${text}\n`);
}
