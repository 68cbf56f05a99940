import type { JsonObject } from "../model/json.ts";
import type { ListenAddress } from "../serving/listen-address.ts";
import { type PlainServer, servePlain } from "../serving/plain-http.ts";

/**
 * Serves pages of JSON by their paths; docs/control-plane.md describes them. It stands on loopback, so whoever may forward a
 * port to the pod may ask, and nobody else. Rejects when the address cannot be had.
 */
export async function serveDiagnostics(
  listen: ListenAddress,
  pages: Readonly<Record<string, () => JsonObject>>,
): Promise<PlainServer> {
  return await servePlain(listen, (path, { method }, response) => {
    const page = method === "GET" && Object.hasOwn(pages, path) ? pages[path] : undefined;
    const body = page?.() ?? { problem: `expected GET ${Object.keys(pages).join(" or ")}` };
    response.writeHead(page === undefined ? 404 : 200, { "content-type": "application/json" });
    response.end(`${JSON.stringify(body)}\n`);
  });
}
