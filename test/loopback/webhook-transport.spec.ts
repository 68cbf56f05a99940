import { once } from "node:events";
import { mkdir, mkdtemp, rename, rm, symlink, writeFile } from "node:fs/promises";
import { Agent } from "node:https";
import { connect as connectPlain } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type ConnectionOptions, connect, type TLSSocket } from "node:tls";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { afterEach, expect, test } from "vitest";
import { type Authority, createAuthority, issueLeaf, type Leaf } from "../../src/pki/authority.ts";
import { validFor } from "../../src/pki/key-pair.ts";
import { comesTrue } from "../comes-true.ts";
import { call, NGINX, parsed, review, type TestWebhook, testWebhook } from "../webhook-harness.ts";

setFlagsFromString("--expose-gc");
const collectGarbage = runInNewContext("gc") as () => void;
const REVIEW = JSON.stringify(review(NGINX));
const running: TestWebhook[] = [];

async function start(...input: Parameters<typeof testWebhook>): Promise<TestWebhook> {
  const webhook = await testWebhook(...input);
  running.push(webhook);
  return webhook;
}

afterEach(async () => {
  await Promise.all(running.splice(0).map((webhook) => webhook.stop()));
});

function socketTo({ webhook }: TestWebhook, options: ConnectionOptions = {}): Promise<TLSSocket> {
  const { host, port } = webhook.address;
  return new Promise((resolve, reject) => {
    const socket = connect({ host, port, ca: webhook.authority ?? "", ...options }, () => resolve(socket));
    socket.on("error", reject);
  });
}

async function readAll(socket: TLSSocket): Promise<string> {
  let text = "";
  socket.on("data", (chunk: Buffer) => {
    text += chunk.toString("latin1");
  });
  if (!socket.closed) await once(socket, "close");
  return text;
}

/** So many of the event loop that the webhook, which runs in this process, has read what was sent, however long each takes. */
async function turns(): Promise<void> {
  for (let turn = 0; turn < 20; turn++) await new Promise((resolve) => setTimeout(resolve, 2));
}

async function answers(t: TestWebhook): Promise<boolean> {
  return parsed(await call(t, REVIEW)).response.allowed;
}

async function metric(t: TestWebhook, name: string): Promise<number> {
  const text = await (await fetch(`http://127.0.0.1:${t.webhook.metricsAddress?.port}/metrics`)).text();
  return Number(
    text
      .split("\n")
      .find((line) => line.startsWith(`${name} `))
      ?.slice(name.length + 1),
  );
}

test("TLS 1.1 is refused, 1.2 and 1.3 are not, and HTTP/2 is not offered", async () => {
  const t = await start();
  await expect(
    socketTo(t, { minVersion: "TLSv1.1", maxVersion: "TLSv1.1", ciphers: "ALL@SECLEVEL=0" }),
  ).rejects.toThrow();
  for (const version of ["TLSv1.2", "TLSv1.3"] as const) {
    const socket = await socketTo(t, { minVersion: version, maxVersion: version, ALPNProtocols: ["h2", "http/1.1"] });
    expect([socket.getProtocol(), socket.alpnProtocol]).toEqual([version, "http/1.1"]);
    socket.destroy();
  }
});

test("garbage instead of TLS is counted and hurts nobody", async () => {
  const t = await start();
  const { host, port } = t.webhook.address;
  await Promise.all(
    ["GET / HTTP/1.1\r\nhost: x\r\n\r\n", "\x16\x03\x01\xff\xff", "\0".repeat(10_000)].map(async (garbage) => {
      const socket = connectPlain({ host, port });
      socket.on("error", () => {});
      socket.end(garbage);
      socket.resume();
      await once(socket, "close");
    }),
  );
  await comesTrue(async () => expect(await metric(t, "outrigger_tls_errors_total")).toBe(3));
  expect(await answers(t)).toBe(true);
});

test("a connection that never begins its handshake is cut", async () => {
  const t = await start({}, { timeouts: { handshake: 2_000 } });
  const { host, port } = t.webhook.address;
  const socket = connectPlain({ host, port });
  socket.on("error", () => {});
  socket.resume();
  await once(socket, "close");
  expect(await answers(t)).toBe(true);
});

test.each([
  ["headers", "POST / HTTP/1.1\r\nhost: webhook\r\n"],
  ["body", 'POST / HTTP/1.1\r\nhost: webhook\r\ncontent-type: application/json\r\ncontent-length: 9\r\n\r\n{"'],
])("a client that is slow with its %s gets status 408", async (_part, beginning) => {
  const t = await start({}, { timeouts: { headers: 1_500, request: 2_000, checkInterval: 20 } });
  const socket = await socketTo(t);
  socket.write(beginning);
  expect(await readAll(socket)).toMatch(/^HTTP\/1\.1 408 /);
  expect(await answers(t)).toBe(true);
});

test("HTTP that is none gets status 400", async () => {
  const t = await start();
  const socket = await socketTo(t);
  socket.write("hello\r\n\r\n");
  expect(await readAll(socket)).toMatch(/^HTTP\/1\.1 400 /);
});

test("a client that goes away in the middle of its body leaves nothing behind", async () => {
  const t = await start();
  for (let count = 0; count < 20; count++) {
    const socket = await socketTo(t);
    socket.write(
      "POST / HTTP/1.1\r\nhost: webhook\r\ncontent-type: application/json\r\ncontent-length: 999999\r\n\r\n{",
    );
    socket.destroy();
  }
  expect(await answers(t)).toBe(true);
});

test("a kept-alive connection outlives the headers timeout and says for how long it may rest", async () => {
  const t = await start({}, { timeouts: { headers: 1_000, request: 1_500, checkInterval: 20 } });
  const agent = new Agent({ keepAlive: true, maxSockets: 1, ca: t.webhook.authority ?? "" });
  const first = await call({ webhook: t.webhook, agent }, REVIEW);
  expect(first.headers["keep-alive"]).toBe("timeout=95");
  const [socket] = Object.values(agent.freeSockets).flat();
  await new Promise((resolve) => setTimeout(resolve, 2_000));
  expect((await call({ webhook: t.webhook, agent }, REVIEW)).status).toBe(200);
  expect(Object.values(agent.freeSockets).flat()).toEqual([socket]);
  agent.destroy();
});

test("a thousand idle connections leave room for calls", async () => {
  const t = await start();
  const sockets: TLSSocket[] = [];
  for (let batch = 0; batch < 20; batch++) {
    sockets.push(...(await Promise.all(Array.from({ length: 50 }, () => socketTo(t)))));
  }
  expect(await answers(t)).toBe(true);
  expect(sockets.filter((socket) => socket.closed)).toEqual([]);
  for (const socket of sockets) socket.destroy();
});

test("memory returns after bodies that are too large", async () => {
  const t = await start();
  const huge = JSON.stringify(review({ ...NGINX, extra: "x".repeat(25 * 1024 * 1024) }));
  const deep = "[".repeat(15 * 1024 * 1024);
  const round = async (): Promise<void> => {
    for (let count = 0; count < 3; count++) await Promise.all([call(t, huge), call(t, deep)]);
    await answers(t);
  };
  await round();
  const before = memoryInUse();
  for (let count = 0; count < 3; count++) await round();
  // A round is 120 MiB of bodies. Sockets that are still closing hold a part of one, what leaks is held for ever.
  await expect.poll(() => memoryInUse() - before, { interval: 200 }).toBeLessThan(10 * 1024 * 1024);
});

function memoryInUse(): number {
  collectGarbage();
  const { arrayBuffers, heapUsed } = process.memoryUsage();
  return arrayBuffers + heapUsed;
}

interface Files {
  readonly directory: string;
  readonly tlsCert: string;
  readonly tlsKey: string;
  readonly authority: Authority;
  /** Puts a new pair in place the way the kubelet does: a new directory, then one rename of the `..data` link. */
  swap(leaf: Leaf): Promise<void>;
}

async function certificateFiles(): Promise<Files> {
  const now = new Date();
  const authority = await createAuthority("files", validFor(1, now));
  const directory = await mkdtemp(join(tmpdir(), "outrigger-test-"));
  let version = 0;
  const files: Files = {
    directory,
    tlsCert: join(directory, "tls.crt"),
    tlsKey: join(directory, "tls.key"),
    authority,
    async swap(leaf) {
      const name = `..version-${version++}`;
      await mkdir(join(directory, name));
      await writeFile(join(directory, name, "tls.crt"), leaf.certificate);
      await writeFile(join(directory, name, "tls.key"), leaf.key);
      await symlink(name, join(directory, "..data_new"));
      await rename(join(directory, "..data_new"), join(directory, "..data"));
    },
  };
  await files.swap(await leafOf(authority));
  await symlink("..data/tls.crt", files.tlsCert);
  await symlink("..data/tls.key", files.tlsKey);
  return files;
}

function leafOf(authority: Authority): Promise<Leaf> {
  return issueLeaf(authority, { ipAddresses: ["127.0.0.1"], usage: "server", validity: validFor(1, new Date()) });
}

async function fingerprint(t: TestWebhook): Promise<string> {
  const socket = await socketTo(t, { rejectUnauthorized: false });
  const { fingerprint256 } = socket.getPeerCertificate();
  socket.destroy();
  return fingerprint256;
}

test("certificates swapped under load drop no call and no connection", async () => {
  const files = await certificateFiles();
  const { tlsCert, tlsKey } = files;
  const t = await start({ webhook: { tlsCert, tlsKey } });
  const agent = new Agent({ keepAlive: true, maxSockets: 8, ca: files.authority.certificate });
  let done = false;
  let calls = 0;
  const load = Array.from({ length: 8 }, async () => {
    while (!done) {
      expect(parsed(await call({ webhook: t.webhook, agent }, REVIEW)).response.allowed).toBe(true);
      calls++;
    }
  });
  // Connections that come and go meet every certificate; kept ones must not notice.
  const fresh = (async () => {
    while (!done) {
      const once = new Agent({ ca: files.authority.certificate });
      expect(parsed(await call({ webhook: t.webhook, agent: once }, REVIEW)).response.allowed).toBe(true);
    }
  })();
  const seen = new Set([await fingerprint(t)]);
  for (let count = 0; count < 5; count++) {
    await files.swap(await leafOf(files.authority));
    await comesTrue(async () => expect(seen.size < seen.add(await fingerprint(t)).size).toBe(true));
  }
  done = true;
  await Promise.all([...load, fresh]);
  expect(seen.size).toBe(6);
  expect(calls).toBeGreaterThan(50);
  expect(await metric(t, 'outrigger_certificate_reloads_total{result="loaded"}')).toBe(5);
  agent.destroy();
  await rm(files.directory, { recursive: true });
});

test("a key that does not fit, or a broken file, is refused and the old pair stays", async () => {
  const files = await certificateFiles();
  const { tlsCert, tlsKey } = files;
  const t = await start({ webhook: { tlsCert, tlsKey } });
  const before = await fingerprint(t);
  const refused = () => metric(t, 'outrigger_certificate_reloads_total{result="refused"}');
  const [one, other] = [await leafOf(files.authority), await leafOf(files.authority)];
  await files.swap({ certificate: one.certificate, key: other.key });
  await comesTrue(async () => expect(await refused()).toBe(1));
  await files.swap({ certificate: "-----BEGIN NOTHING-----", key: one.key });
  await comesTrue(async () => expect(await refused()).toBe(2));
  expect(await fingerprint(t)).toBe(before);
  expect(t.lines.join("")).toContain("is not the private key of");
  await files.swap(one);
  await comesTrue(async () => expect(await fingerprint(t)).not.toBe(before));
  await rm(files.directory, { recursive: true });
});

test.each([
  [{ tlsCert: "/nowhere/tls.crt", tlsKey: "/nowhere/tls.key" }, "cannot be read"],
  [{ tlsCert: "/nowhere/tls.crt" }, "expected both or neither"],
  [{ listen: "127.0.0.1" }, "expected ADDRESS:PORT"],
  [{ listen: "127.0.0.1:99999" }, "expected ADDRESS:PORT"],
  [{ metricsListen: "[::::]:1" }, "expected ADDRESS:PORT"],
  [{ trust: "/nowhere/trust.pem" }, "cannot be read"],
])("%j cannot start, and says why", async (webhook, message) => {
  await expect(testWebhook({ webhook })).rejects.toThrow(message);
});

test("an address that is taken is an error, and nothing stays open", async () => {
  const t = await start();
  const taken = `127.0.0.1:${t.webhook.metricsAddress?.port}`;
  await expect(testWebhook({ webhook: { listen: taken } })).rejects.toThrow(
    `webhook.listen is "${taken}", where nothing can listen now: listen EADDRINUSE`,
  );
  await expect(testWebhook({ webhook: { metricsListen: taken } })).rejects.toThrow(
    `webhook.metricsListen is "${taken}"`,
  );
});

test("lingering, it is not ready but answers, asks connections to close, and ends in time", async () => {
  const t = await start({ webhook: { shutdownSeconds: 6 } });
  const { port } = t.webhook.metricsAddress ?? { port: 0 };
  const idle = await socketTo(t);
  const begun = performance.now();
  const closing = t.webhook.close("linger");
  const ready = await fetch(`http://127.0.0.1:${port}/readyz`);
  expect(ready.status).toBe(503);
  expect(await ready.text()).toContain("[-] shutdown: the webhook is about to stop");
  const answer = await call(t, REVIEW);
  expect([answer.status, answer.headers["connection"]]).toEqual([200, "close"]);
  idle.on("error", () => {});
  await closing;
  expect(performance.now() - begun).toBeGreaterThan(2_900);
  await expect(call(t, REVIEW)).rejects.toThrow();
  await comesTrue(() => expect(idle.closed).toBe(true));
});

test("draining waits for a call that has begun", async () => {
  const t = await start({ webhook: { shutdownSeconds: 5 } });
  const socket = await socketTo(t);
  const length = Buffer.byteLength(REVIEW);
  const head = `POST / HTTP/1.1\r\nhost: webhook\r\ncontent-type: application/json\r\ncontent-length: ${length}\r\n\r\n`;
  socket.write(head + REVIEW.slice(0, 100));
  await turns();
  const closed = t.webhook.close("drain");
  await turns();
  socket.write(REVIEW.slice(100));
  expect(await readAll(socket)).toContain('"allowed":true');
  await closed;
});

test("a call that never ends is cut at the deadline", async () => {
  const t = await start({ webhook: { shutdownSeconds: 1 } });
  const socket = await socketTo(t);
  socket.write("POST / HTTP/1.1\r\nhost: webhook\r\ncontent-type: application/json\r\ncontent-length: 99\r\n\r\n{");
  await turns();
  await t.webhook.close("drain");
  await readAll(socket).catch(() => "");
});

test("a connection that never shakes hands is cut at the deadline", async () => {
  const t = await start({ webhook: { shutdownSeconds: 1 } });
  const socket = connectPlain(t.webhook.address.port, "127.0.0.1");
  socket.on("error", () => {});
  await once(socket, "connect");
  await t.webhook.close("drain");
  await comesTrue(() => expect(socket.closed).toBe(true));
});
