import type { ServerResponse } from "node:http";
import { setImmediate as nextTurn } from "node:timers/promises";
import type { JsonObject } from "../model/json.ts";
import type { ListenAddress } from "../serving/listen-address.ts";
import { type PlainServer, servePlain } from "../serving/plain-http.ts";
import { CONTROL_PLANE_LIMITS } from "./limits.ts";

/** An object, or one whose only member is a list that may be too long to be made in one go. */
export type Page =
  | { readonly kind: "object"; readonly object: JsonObject }
  | { readonly kind: "list"; readonly name: string; readonly items: Iterable<JsonObject> };

/**
 * Serves pages of JSON by their paths; docs/control-plane.md describes them. It stands on loopback, so whoever may forward a
 * port to the pod may ask, and nobody else. Rejects when the address cannot be used.
 */
export async function serveDiagnostics(
  listen: ListenAddress,
  pages: Readonly<Record<string, () => Page>>,
): Promise<PlainServer> {
  return await servePlain(listen, (path, { method }, response) => {
    const made = method === "GET" && Object.hasOwn(pages, path) ? pages[path] : undefined;
    const problem = `expected GET ${Object.keys(pages).join(" or ")}`;
    const page: Page = made?.() ?? { kind: "object", object: { problem } };
    response.writeHead(made === undefined ? 404 : 200, { "content-type": "application/json" });
    if (page.kind === "object") response.end(`${JSON.stringify(page.object)}\n`);
    // what is broken off is no JSON, so nobody takes it for the whole
    else writeList(response, page).catch((error: unknown) => response.destroy(error as Error));
  });
}

/** Makes and writes a piece in each turn of the event loop: thousands of streams take longer than anybody else should wait. */
async function writeList(response: ServerResponse, { name, items }: Extract<Page, { kind: "list" }>): Promise<void> {
  let piece = `{${JSON.stringify(name)}:[`;
  let separator = "";
  let begun = performance.now();
  for (const item of items) {
    piece += `${separator}${JSON.stringify(item)}`;
    separator = ",";
    if (performance.now() - begun < CONTROL_PLANE_LIMITS.pageTurn) continue;
    if (!response.write(piece)) await drained(response);
    await nextTurn();
    if (response.destroyed) return;
    piece = "";
    begun = performance.now();
  }
  response.end(`${piece}]}\n`);
}

/** Until the client has taken what was written, or is gone. */
function drained(response: ServerResponse): Promise<void> {
  return new Promise((resolve) => {
    const goOn = (): void => {
      response.off("drain", goOn).off("close", goOn);
      resolve();
    };
    response.once("drain", goOn).once("close", goOn);
  });
}
