import { once } from "node:events";
import { createServer } from "node:net";
import { expect, test } from "vitest";
import { freePort } from "./free-port.ts";

test("a port that is in use is passed over", async () => {
  const first = await freePort();
  const server = createServer().listen(first, "127.0.0.1");
  await once(server, "listening");
  const draws = [(first - 20_000 + 0.5) / 12_000, 0.5];
  const second = await freePort(() => draws.shift() ?? 0.25);
  server.close();
  expect(second).not.toBe(first);
});

test("ports stay out of the range of outgoing connections", async () => {
  expect(await freePort(() => 0.9999)).toBeLessThan(32_768);
  expect(await freePort(() => 0)).toBeGreaterThanOrEqual(20_000);
});
