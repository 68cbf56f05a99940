import { mkdtempSync, rmSync } from "node:fs";
import { createConnection } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { afterEach, beforeEach, expect, test } from "vitest";
import { TestbedError } from "../testbed-error.ts";
import { askOwner, type ControlRequest } from "./control-requests.ts";
import { serveControl } from "./control-server.ts";

let folder: string;
let socket: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "outrigger-control-"));
  socket = join(folder, "control.sock");
});

afterEach(() => {
  rmSync(folder, { recursive: true, force: true });
});

test("a request reaches the owner, and its answer the asker", async () => {
  const asked: ControlRequest[] = [];
  await serveControl(socket, async (request) => asked.push(request) === 1);
  expect(await askOwner(socket, { kind: "stop", component: "kubelet" })).toBe(true);
  expect(await askOwner(socket, { kind: "is-ready" })).toBe(false);
  expect(asked).toEqual([{ kind: "stop", component: "kubelet" }, { kind: "is-ready" }]);
});

test("a refusal comes back with its code", async () => {
  await serveControl(socket, () => Promise.reject(new TestbedError("usage", "no such image")));
  await expect(askOwner(socket, { kind: "is-ready" })).rejects.toMatchObject({
    code: "usage",
    message: "no such image",
  });
});

test("without an owner there is no answer", async () => {
  await expect(askOwner(socket, { kind: "is-ready" })).rejects.toMatchObject({ code: "not-running" });
});

test.each([
  { sent: "not json", says: "JSON" },
  { sent: "x".repeat(100_000), says: "too long" },
])("what is no request is answered and forgotten", async ({ sent, says }) => {
  await serveControl(socket, async () => true);
  const connection = createConnection({ path: socket });
  connection.on("error", () => {});
  connection.end(sent);
  expect(JSON.parse(await text(connection))).toMatchObject({ kind: "failed", message: expect.stringContaining(says) });
  expect(await askOwner(socket, { kind: "is-ready" })).toBe(true);
});

test("a path too long for a socket is an error that says so", async () => {
  await expect(serveControl(join(folder, "x".repeat(120)), async () => true)).rejects.toMatchObject({
    code: "usage",
    message: expect.stringContaining("too long for a socket"),
  });
});
