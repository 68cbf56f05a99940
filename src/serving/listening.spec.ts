import { createServer } from "node:net";
import { expect, onTestFinished, test } from "vitest";
import { listening } from "./listening.ts";

function server() {
  const made = createServer();
  onTestFinished(() => void made.close());
  return made;
}

test("a server that may take any port says which one it got", async () => {
  const { host, port } = await listening(server(), { host: "127.0.0.1", port: 0 });
  expect(host).toBe("127.0.0.1");
  expect(port).toBeGreaterThan(0);
});

test("an address that somebody else has is the system's error", async () => {
  const { port } = await listening(server(), { host: "127.0.0.1", port: 0 });
  await expect(listening(server(), { host: "127.0.0.1", port })).rejects.toMatchObject({ code: "EADDRINUSE" });
});
