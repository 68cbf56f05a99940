import { expect, test } from "vitest";
import { hostPort } from "./host-port.ts";

test("an address is written as URLs want it", () => {
  expect(hostPort({ host: "127.0.0.1", port: 1 })).toBe("127.0.0.1:1");
  expect(hostPort({ host: "::1", port: 1 })).toBe("[::1]:1");
});
