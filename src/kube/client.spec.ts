import { afterEach, beforeEach, expect, test } from "vitest";
import { type FakeApiServer, failure, fakeApiServer } from "../../test/unit/fake-api-server.ts";
import { kubeClient } from "./client.ts";
import type { KubeError } from "./kube-error.ts";

let server: FakeApiServer;
const abort = new AbortController();
const CALL = { content: "whole", signal: abort.signal, timeout: 60_000 } as const;

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

test("a server-side apply sends its body with the type of the patch and returns the object", async () => {
  const body = { kind: "ConfigMap", metadata: { name: "a" } };
  const path = "/api/v1/namespaces/shop/configmaps/a?fieldManager=outrigger";
  const write = { method: "PATCH", patch: "apply", path, body, signal: abort.signal, timeout: 60_000 } as const;
  const answer = kubeClient(server.endpoint).send(write);
  const call = await server.next();
  expect([call.method, call.headers["content-type"], await call.body()]).toEqual([
    "PATCH",
    "application/apply-patch+yaml",
    JSON.stringify(body),
  ]);
  call.answer(201, { ...body, data: {} });
  await expect(answer).resolves.toEqual({ ...body, data: {} });
});

test("a write that is refused names the call, the status and the API server's reason", async () => {
  const write = {
    method: "POST",
    path: "/api/v1/namespaces",
    body: {},
    signal: abort.signal,
    timeout: 60_000,
  } as const;
  const answer = kubeClient(server.endpoint).send(write);
  (await server.next()).answer(409, { ...failure(409, 'namespaces "shop" already exists'), reason: "AlreadyExists" });
  await expect(answer).rejects.toMatchObject({
    code: "status",
    status: 409,
    reason: "AlreadyExists",
    message: 'POST /api/v1/namespaces: status 409: namespaces "shop" already exists',
  } satisfies Partial<KubeError>);
});

test("a removal needs no body, and its answer may come too late", async () => {
  // in which the call surely arrives
  const write = { method: "DELETE", path: "/api/v1/namespaces/shop", signal: abort.signal, timeout: 1_000 } as const;
  const answer = kubeClient(server.endpoint).send(write);
  const late = { code: "timeout", message: expect.stringContaining("DELETE /api/v1") };
  const isLate = expect(answer).rejects.toMatchObject(late);
  expect((await server.next()).method).toBe("DELETE");
  await isLate;
});
