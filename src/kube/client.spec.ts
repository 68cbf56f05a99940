import { afterEach, beforeEach, expect, test } from "vitest";
import { type FakeApiServer, failure, fakeApiServer } from "../../test/unit/fake-api-server.ts";
import { kubeClient } from "./client.ts";
import type { KubeError } from "./kube-error.ts";

let server: FakeApiServer;
const abort = new AbortController();
const CALL = { content: "whole", signal: abort.signal, timeout: 1_000 } as const;

beforeEach(async () => {
  server = await fakeApiServer();
});
afterEach(() => server.close());

test("an object is asked for as JSON and returned", async () => {
  const answer = kubeClient(server.endpoint).get("/api/v1/namespaces/shop", CALL);
  const call = await server.next();
  expect([call.path, call.headers.accept, call.headers["user-agent"]]).toEqual([
    "/api/v1/namespaces/shop",
    "application/json",
    "outrigger",
  ]);
  call.answer(200, { kind: "Namespace" });
  await expect(answer).resolves.toEqual({ kind: "Namespace" });
});

test("an error carries status and message of the API server", async () => {
  const answer = kubeClient(server.endpoint).get("/api/v1/namespaces/shop", CALL);
  (await server.next()).answer(403, failure(403, 'namespaces "shop" is forbidden'));
  await expect(answer).rejects.toMatchObject({
    code: "status",
    status: 403,
    message: 'GET /api/v1/namespaces/shop: status 403: namespaces "shop" is forbidden',
  } satisfies Partial<KubeError>);
});

test("an answer that is no object is malformed", async () => {
  const answer = kubeClient(server.endpoint).get("/x", CALL);
  (await server.next()).answer(200, ["a"]);
  await expect(answer).rejects.toMatchObject({ code: "malformed" });
});

test("a broken connection and one that is refused are unreachable", async () => {
  const answer = kubeClient(server.endpoint).get("/x", CALL);
  (await server.next()).cut();
  await expect(answer).rejects.toMatchObject({ code: "unreachable" });
  const { endpoint } = server;
  await server.close();
  await expect(kubeClient(endpoint).get("/x", CALL)).rejects.toMatchObject({ code: "unreachable" });
  server = await fakeApiServer();
});

test("no answer in time is a timeout, an aborted call is its owner's reason", async () => {
  const client = kubeClient(server.endpoint);
  await expect(client.get("/x", { ...CALL, timeout: 20 })).rejects.toMatchObject({ code: "timeout" });
  const owner = new AbortController();
  const answer = client.get("/x", { ...CALL, signal: owner.signal });
  owner.abort(new Error("enough"));
  await expect(answer).rejects.toThrow("enough");
});

test("a server behind a path of its own is asked there", async () => {
  const { server: url, options } = server.endpoint;
  const behind = { server: new URL("/clusters/one/", url), options };
  const answer = kubeClient(behind).get("/api/v1/nodes?limit=1", CALL);
  const call = await server.next();
  expect([call.path, call.query.get("limit")]).toEqual(["/clusters/one/api/v1/nodes", "1"]);
  call.answer(200, {});
  await answer;
});
