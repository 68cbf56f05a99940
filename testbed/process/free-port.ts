import { once } from "node:events";
import { createServer } from "node:net";
import { TestbedError } from "../testbed-error.ts";

/**
 * Below Linux's usual range for outgoing connections (32768-60999), above what services use: a port from that range could
 * be taken by anybody's outgoing connection while nobody listens, be it for a restart or before the first start.
 */
const FIRST = 20_000;
const LAST = 32_000;
const ATTEMPTS = 100;

/** Those that this process gave away: whoever has one may listen much later, or again. */
const given = new Set<number>();

/** A TCP port on 127.0.0.1 that nobody listens on now. This process gives none twice. */
export async function freePort(random: () => number = Math.random): Promise<number> {
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    const port = FIRST + Math.floor(random() * (LAST - FIRST));
    if (given.has(port)) continue;
    given.add(port);
    if (await canListen(port)) return port;
  }
  throw new TestbedError("start", `no free port between ${FIRST} and ${LAST} on 127.0.0.1 after ${ATTEMPTS} attempts`);
}

/** So many of them. */
export async function freePorts(count: number): Promise<readonly number[]> {
  return await Promise.all(Array.from({ length: count }, () => freePort()));
}

async function canListen(port: number): Promise<boolean> {
  const server = createServer();
  try {
    server.listen(port, "127.0.0.1");
    await once(server, "listening");
    return true;
  } catch {
    return false;
  } finally {
    server.close();
  }
}
