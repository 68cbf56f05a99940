import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer, type ServerResponse } from "node:http";
import { type AddressInfo, connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { freePort } from "../../testbed/process/free-port.ts";
import { comesTrue } from "../comes-true.ts";
import { replaceableCertificate, type TestControlPlane, testControlPlane } from "../control-plane-harness.ts";
import { testAuthority } from "../envoy/authority.ts";

/* What a control plane does between its start and its first proxy, with an API server that answers when the test likes. */

const stops: (() => Promise<unknown>)[] = [];
let pods: ServerResponse[];
let kubeconfig: string;

beforeEach(async () => {
  pods = [];
  const server = createServer((request, response) => {
    const url = new URL(request.url ?? "/", "http://localhost");
    if (url.searchParams.has("watch")) response.flushHeaders();
    else if (url.pathname === "/api/v1/pods") pods.push(response);
    else response.end(JSON.stringify({ metadata: { resourceVersion: "1" }, items: [] }));
  });
  await once(server.listen(0, "127.0.0.1"), "listening");
  const folder = await mkdtemp(join(tmpdir(), "outrigger-kubeconfig-"));
  stops.push(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
    await rm(folder, { recursive: true });
  });
  kubeconfig = join(folder, "kubeconfig");
  const cluster = {
    server: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    "insecure-skip-tls-verify": true,
  };
  const content = {
    apiVersion: "v1",
    kind: "Config",
    clusters: [{ name: "test", cluster }],
    contexts: [{ name: "test", context: { cluster: "test", user: "test" } }],
    users: [{ name: "test", user: { token: "test" } }],
    "current-context": "test",
  };
  await writeFile(kubeconfig, JSON.stringify(content));
});

afterEach(async () => {
  for (const stop of stops.splice(0).reverse()) await stop();
});

function start(listen: string, metricsListen: string): Promise<TestControlPlane> {
  const starting = testAuthority().then(async (authority) => {
    const certificate = replaceableCertificate(await authority.issue({ type: "dns", value: "localhost" }));
    return await testControlPlane(kubeconfig, certificate, { controlPlane: { listen, metricsListen } });
  });
  stops.push(async () => await (await starting).close());
  return starting;
}

async function accepts(port: number): Promise<boolean> {
  const socket = connect({ port, host: "127.0.0.1" });
  const result = await Promise.race([
    once(socket, "connect").then(() => true),
    once(socket, "error").then(() => false),
  ]).catch(() => false);
  socket.destroy();
  return result;
}

test("it listens only when it knows the pods, and says until then what it waits for", async () => {
  const [port, metrics] = [await freePort(), await freePort()];
  const starting = start(`127.0.0.1:${port}`, `127.0.0.1:${metrics}`);
  await comesTrue(() => expect(pods).toHaveLength(1));
  const said = await comesTrue(async () => {
    const answer = await fetch(`http://127.0.0.1:${metrics}/readyz`);
    const text = await answer.text();
    expect([answer.status, text]).toEqual([503, expect.stringContaining("[-] listener: it waits for the pods")]);
    return text;
  });
  expect(said).toContain("[-] cache pods: not listed yet");
  expect(await accepts(port)).toBe(false);
  pods[0]?.end(JSON.stringify({ metadata: { resourceVersion: "1" }, items: [] }));
  await starting;
  expect(await accepts(port)).toBe(true);
});
