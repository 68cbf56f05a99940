import type { ServerResponse } from "node:http";
import type { Registry } from "prom-client";
import type { ListenAddress } from "./listen-address.ts";
import { type PlainServer, servePlain } from "./plain-http.ts";
import type { ReadinessProbe } from "./readiness.ts";

/** Serves `/healthz`, `/readyz` and `/metrics`, for the kubelet and for Prometheus. Rejects when the address cannot be used. */
export async function serveHealth(
  listen: ListenAddress,
  readiness: ReadinessProbe,
  registry: Registry,
): Promise<PlainServer> {
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
  return await servePlain(listen, (path, _request, response) => {
    void route(path, response).catch(() => send(response, 500, "internal error"));
  });
}

function send(response: ServerResponse, status: number, text: string): void {
  response.writeHead(status, { "content-type": "text/plain; charset=utf-8" });
  response.end(`${text}\n`);
}
