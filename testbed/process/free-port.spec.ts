import { once } from "node:events";
import { createServer } from "node:net";
import { expect, test } from "vitest";
import { freePort, freePorts } from "./free-port.ts";

/** What `freePort` takes for the middle of a port. */
const drawOf = (port: number): number => (port - 20_000 + 0.5) / 12_000;

test("a port that is in use is passed over", async () => {
  const server = createServer();
  // not one that was given, which is passed over whoever listens
  for (let port = 31_000; !server.listening; port++) {
    await once(server.listen(port, "127.0.0.1"), "listening").catch(() => undefined);
  }
  const taken = (server.address() as { port: number }).port;
  const draws = [drawOf(taken)];
  const found = await freePort(() => draws.shift() ?? Math.random());
  server.close();
  expect([draws, found === taken]).toEqual([[], false]);
});

test("none is given twice, though nobody listens yet", async () => {
  const first = await freePort();
  const draws = [drawOf(first), drawOf(first)];
  const [second, ...others] = await Promise.all([
    freePort(() => draws.shift() ?? Math.random()),
    freePort(() => draws.shift() ?? Math.random()),
  ]);
  expect(draws).toEqual([]);
  expect(new Set([first, second, ...others]).size).toBe(3);
  const many = await freePorts(200);
  expect(new Set([first, second, ...others, ...many]).size).toBe(203);
});

test("ports stay out of the range of outgoing connections", async () => {
  const below = (high: number) => {
    const draws = [high];
    return () => draws.shift() ?? Math.random();
  };
  expect(await freePort(below(0.9999))).toBeLessThan(32_768);
  expect(await freePort(below(0))).toBeGreaterThanOrEqual(20_000);
});
