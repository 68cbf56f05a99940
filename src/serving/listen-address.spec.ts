import { expect, test } from "vitest";
import { listenAddress, reachable } from "./listen-address.ts";

test.each([
  ["127.0.0.1:8443", "127.0.0.1", 8443],
  ["0.0.0.0:0", "0.0.0.0", 0],
  [":8443", "", 8443],
  ["[::1]:8443", "::1", 8443],
  ["webhook.example:65535", "webhook.example", 65535],
])("%s is understood", (text, host, port) => {
  expect(listenAddress(text, "webhook.listen")).toEqual({ host, port });
});

test.each([
  "",
  "8443",
  "127.0.0.1",
  "127.0.0.1:",
  "127.0.0.1:65536",
  "::1:8443",
  "[127.0.0.1]:1",
  "[::g]:1",
  "a b:1",
  "a:-1",
  "a:1e3",
])("%j is refused with the setting's name", (text) => {
  expect(() => listenAddress(text, "webhook.listen")).toThrow(`webhook.listen is ${JSON.stringify(text)}: expected`);
});

test("a listener on every address is reached by loopback, any other by its own", () => {
  expect(["", "0.0.0.0", "::", "10.0.0.1"].map((host) => reachable({ host, port: 1 }).host)).toEqual([
    "127.0.0.1",
    "127.0.0.1",
    "::1",
    "10.0.0.1",
  ]);
});
