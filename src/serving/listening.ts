import type { AddressInfo, Server } from "node:net";
import type { ListenAddress } from "./listen-address.ts";

/** Connections that wait to be accepted: after a restart all proxies, or all API servers, come at once. */
const BACKLOG = 1024;

/** Has a server listen; resolves with the address that it got. Rejects with the system's error when the address cannot be used. */
export async function listening(server: Server, { host, port }: ListenAddress): Promise<ListenAddress> {
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen({ port, ...(host !== "" && { host }), backlog: BACKLOG }, () => {
      server.off("error", reject);
      resolve();
    });
  });
  const got = server.address() as AddressInfo;
  return { host: got.address, port: got.port };
}
