import { once } from "node:events";
import { createServer } from "node:net";
import { TestbedError } from "../testbed-error.ts";

/**
 * Below Linux's usual range for outgoing connections (32768-60999), above what services use: a port from that range could
 * be taken by anybody's outgoing connection while the API server is down for a restart, its own clients' included.
 */
const FIRST = 20_000;
const LAST = 32_000;
const ATTEMPTS = 100;

/** A TCP port on 127.0.0.1 that nobody listens on now. */
export async function freePort(random: () => number = Math.random): Promise<number> {
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    const port = FIRST + Math.floor(random() * (LAST - FIRST));
    if (await canListen(port)) return port;
  }
  throw new TestbedError("start", `no free port between ${FIRST} and ${LAST} on 127.0.0.1 after ${ATTEMPTS} attempts`);
}

/** So many of them, no two alike. */
export async function freePorts(count: number): Promise<readonly number[]> {
  const ports = new Set<number>();
  while (ports.size < count) ports.add(await freePort());
  return [...ports];
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
