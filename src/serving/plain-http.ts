import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { ListenAddress } from "./listen-address.ts";
import { listening } from "./listening.ts";

/** A plain HTTP listener with a few pages, apart from the one that a role is there for. */
export interface PlainServer {
  readonly address: ListenAddress;
  /** Stops listening and cuts every connection. */
  close(): Promise<void>;
}

/** `answer` is asked with the path alone; bodies are not read. Rejects when the address cannot be used. */
export async function servePlain(
  listen: ListenAddress,
  answer: (path: string, request: IncomingMessage, response: ServerResponse) => void,
): Promise<PlainServer> {
  const server = createServer((request, response) => {
    request.resume();
    response.setHeader("x-content-type-options", "nosniff");
    answer((request.url ?? "").split("?", 1)[0] ?? "", request, response);
  });
  return {
    address: await listening(server, listen),
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
