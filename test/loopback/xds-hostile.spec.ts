import { once } from "node:events";
import { connect as connectTcp, type Socket } from "node:net";
import { connect as connectTls } from "node:tls";
import { status } from "@grpc/grpc-js";
import { afterEach, describe, expect, test } from "vitest";
import { TYPES } from "../../src/xds/types.ts";
import { comesTrue } from "../comes-true.ts";
import { clusters, type TestXds, type TestXdsOptions, testXds } from "../xds-harness.ts";
import { freezableProxy, rawSession } from "../xds-raw-client.ts";

/* Clients that mean no good, or know no better: each is ended with a clear code, counted, and harms nobody else. */

let t: TestXds;

afterEach(() => t.stop());

async function start(options?: TestXdsOptions): Promise<TestXds> {
  t = await testXds(options);
  return t;
}

const CLUSTERS = { typeUrl: TYPES.cluster };
const SOON = { sweep: 20 };

/** A client that behaves is served, whatever the other one did. */
async function expectService(): Promise<void> {
  const call = t.client().delta("somebody-else");
  call.send(CLUSTERS);
  expect((await call.next()).resources).toHaveLength(1);
}

describe("a stream is ended", () => {
  test("without a token: UNAUTHENTICATED, before anything of it was read", async () => {
    await start();
    const call = t.client().delta();
    call.send(CLUSTERS);
    expect(await call.status).toMatchObject({ code: status.UNAUTHENTICATED, details: "there is no token" });
    expect(await t.ending("no-token")).toMatchObject({ caller: undefined, seconds: 0 });
    expect(t.receipts).toEqual([]);
    await expectService();
  });

  test("for garbage: INVALID_ARGUMENT", async () => {
    await start();
    const call = t.client().delta("web");
    call.sendRaw(Buffer.from("GET / HTTP/1.1\r\n\r\n"));
    expect((await call.status).code).toBe(status.INVALID_ARGUMENT);
    expect((await t.ending("malformed-message")).caller?.name).toBe("web");
    await expectService();
  });

  test("for a message larger than any proxy's: RESOURCE_EXHAUSTED, as soon as it is announced", async () => {
    await start({ limits: { messageBytes: 1000 } });
    const call = t.client().sotw("web");
    call.sendRaw(Buffer.alloc(5_000_000));
    const { code, details } = await call.status;
    expect([code, details]).toEqual([status.RESOURCE_EXHAUSTED, "a message has 5000000 bytes: expected at most 1000"]);
    await t.ending("message-too-large");
    await expectService();
  });

  test("for a type that nobody serves: INVALID_ARGUMENT, with the types that are served", async () => {
    await start();
    const call = t.client().sotw("web");
    call.send({ typeUrl: "type.googleapis.com/envoy.config.nonsense.v3.Nonsense" });
    const { code, details } = await call.status;
    expect(code).toBe(status.INVALID_ARGUMENT);
    expect(details).toContain(TYPES.listener);
    await t.ending("unknown-type");
  });

  test.each([
    ["many names", Array.from({ length: 11 }, (_, index) => `name-${index}`)],
    ["a long name", ["x".repeat(2000)]],
  ])("for %s: RESOURCE_EXHAUSTED", async (_what, resourceNamesSubscribe) => {
    await start({ limits: { names: 10 } });
    const call = t.client().delta("web");
    call.send({ ...CLUSTERS, resourceNamesSubscribe });
    expect((await call.status).code).toBe(status.RESOURCE_EXHAUSTED);
    await t.ending("too-many-names");
  });

  test("for names that add up over many requests: RESOURCE_EXHAUSTED", async () => {
    await start({ limits: { names: 10 } });
    const call = t.client().delta("web");
    for (let index = 0; index < 12; index++) call.send({ ...CLUSTERS, resourceNamesSubscribe: [`name-${index}`] });
    expect((await call.status).code).toBe(status.RESOURCE_EXHAUSTED);
    await t.ending("too-many-names");
  });

  test("for requests without end: RESOURCE_EXHAUSTED, but not for acknowledgements", async () => {
    await start({ limits: { requestBurst: 5, requestsPerSecond: 0 } });
    const call = t.client().sotw("web");
    call.send(CLUSTERS);
    for (let round = 0; round < 10; round++) {
      const { nonce } = await call.next();
      call.send({ ...CLUSTERS, responseNonce: nonce });
      await comesTrue(() => expect(t.receipts.filter(({ kind }) => kind === "ack")).toHaveLength(round + 1));
      await t.serve(clusters(`one=${round + 2}`));
    }
    for (let round = 0; round < 10; round++) call.send({ ...CLUSTERS, responseNonce: "nonsense" });
    expect((await call.status).code).toBe(status.RESOURCE_EXHAUSTED);
    await t.ending("babbling");
    await expectService();
  });

  test("of a pod that begins streams over and over: RESOURCE_EXHAUSTED", async () => {
    await start({ limits: { streamBurst: 2, streamsPerSecond: 0 } });
    const client = t.client();
    const calls = [client.delta("web"), client.delta("web"), client.delta("web")];
    expect((await Promise.race(calls.map((call) => call.status))).code).toBe(status.RESOURCE_EXHAUSTED);
    await t.ending("babbling");
    await expectService();
  });

  test("whose later messages are too large: RESOURCE_EXHAUSTED", async () => {
    await start({ limits: { laterMessageBytes: 1000 } });
    const call = t.client().delta("web");
    call.send({ ...CLUSTERS, node: { id: "x".repeat(1000) } });
    await call.next();
    call.send({ ...CLUSTERS, node: { id: "x".repeat(1000) } });
    expect((await call.status).code).toBe(status.RESOURCE_EXHAUSTED);
    await t.ending("message-too-large");
  });

  test("that never says what it wants: DEADLINE_EXCEEDED", async () => {
    await start({ limits: { ...SOON, firstRequest: 50 } });
    const call = t.client().sotw("web");
    expect((await call.status).code).toBe(status.DEADLINE_EXCEEDED);
    await t.ending("first-request-late");
  });

  test("that never acknowledges: DEADLINE_EXCEEDED", async () => {
    await start({ limits: { ...SOON, acknowledgement: 50 } });
    const call = t.client().delta("web");
    call.send({ typeUrl: TYPES.listener });
    await call.next();
    expect(await call.status).toMatchObject({
      code: status.DEADLINE_EXCEEDED,
      details: "the response of type listener was not acknowledged within 50 ms",
    });
    await t.ending("not-acknowledged");
  });

  test("but not for clusters that it does not acknowledge: newer ones are sent all the same", async () => {
    await start({ limits: { ...SOON, acknowledgement: 400, clusterAcknowledgement: 20 } });
    const call = t.client().delta("web");
    call.send(CLUSTERS);
    await call.next();
    for (let round = 2; round < 30; round++) {
      await t.serve(clusters(`one=${round}`));
      expect((await call.next()).resources).toHaveLength(1);
    }
    expect(t.server.streams()).toBe(1);
    expect(t.endings).toEqual([]);
  });

  test("that reads nothing: DEADLINE_EXCEEDED, whatever is waiting for it", async () => {
    await start({ limits: { ...SOON, acknowledgement: 50, clusterAcknowledgement: 1 } });
    const call = t.client().delta("web");
    call.send(CLUSTERS);
    call.pause();
    await comesTrue(() => expect([...t.server.shown()][0]).toMatchObject({ types: { cluster: { waiting: true } } }));
    const many = (round: number) => clusters(...Array.from({ length: 2000 }, (_, index) => `c${index}=${round}`));
    for (let round = 1; t.server.streams() > 0; round++) {
      await t.serve(many(round));
      await new Promise((turn) => setTimeout(turn, 10));
    }
    expect((await t.ending("not-acknowledged")).why.message).toBe("the client read nothing for 50 ms");
  });

  test("when its age has come: OK, and its connection takes no other", async () => {
    await start({ limits: SOON, maxAge: 1_000 });
    const client = t.client();
    const call = client.delta("web");
    call.send(CLUSTERS);
    expect((await call.status).code).toBe(status.OK);
    await t.ending("aged");
    const again = client.delta("web");
    again.send(CLUSTERS);
    expect((await again.next()).resources).toHaveLength(1);
  });

  test("at ages that differ by chance, as far as the limit says", async () => {
    const chances = [1, 0];
    // with a jitter of the whole age the unlucky one is old at once, and the lucky one not before the double age
    const anHour = { limits: { ...SOON, ageJitter: 1 }, maxAge: 3_600_000 };
    await start({ ...anHour, random: () => chances.shift() ?? 0.5 });
    const lucky = t.client().delta("lucky");
    lucky.send(CLUSTERS);
    await lucky.next();
    expect((await t.client().delta("unlucky").status).code).toBe(status.OK);
    expect((await t.ending("aged")).caller?.key).toBe("unlucky");
    expect([...t.server.shown()]).toMatchObject([{ caller: "lucky" }]);
  });

  test.each([
    [0, 0.08],
    [1, 0.12],
  ])("not before its age and the jitter of a random %d", async (random, seconds) => {
    await start({ limits: SOON, maxAge: 100, random: () => random });
    expect((await t.client().delta("web").status).code).toBe(status.OK);
    expect((await t.ending("aged")).seconds).toBeGreaterThanOrEqual(seconds);
  });

  test("when its pod is gone: UNAUTHENTICATED", async () => {
    await start({ limits: SOON });
    const call = t.client().delta("web");
    call.send(CLUSTERS);
    await call.next();
    t.expel("web");
    expect((await call.status).code).toBe(status.UNAUTHENTICATED);
    await t.ending("pod-gone");
    await expectService();
  });

  test("of an unknown method: UNIMPLEMENTED, with the methods that there are", async () => {
    await start();
    const call = t.client().call("/envoy.service.discovery.v3.AggregatedDiscoveryService/Everything", "web");
    call.send(CLUSTERS);
    const { code, details } = await call.status;
    expect(code).toBe(status.UNIMPLEMENTED);
    expect(details).toContain("DeltaAggregatedResources");
    await t.ending("unknown-method");
  });
});

describe("there is room", () => {
  test("for so many streams of one pod: the oldest gives way", async () => {
    await start({ limits: { streamsPerPod: 2 } });
    const client = t.client();
    const calls = [];
    for (let index = 0; index < 3; index++) {
      const call = client.delta("web");
      call.send(CLUSTERS);
      await call.next();
      calls.push(call);
    }
    expect((await calls[0]?.status)?.code).toBe(status.ABORTED);
    await t.ending("displaced");
    expect(t.server.streams()).toBe(2);
  });

  test("for so many streams at all: the next one is refused with RESOURCE_EXHAUSTED", async () => {
    await start({ limits: { streams: 1 } });
    const first = t.client().delta("one");
    first.send(CLUSTERS);
    await first.next();
    const second = t.client().delta("two");
    expect((await second.status).code).toBe(status.RESOURCE_EXHAUSTED);
    await t.ending("too-many-streams");
    first.end();
    await t.ending("client-ended");
    await expectService();
  });
});

describe("a connection", () => {
  test("that is refused over and over is closed", async () => {
    await start({ limits: { refusalsPerConnection: 3 } });
    const { session, ask } = await rawSession(t.server.address.port, t.authority.pem);
    const end = once(session, "close");
    for (let attempt = 0; attempt < 3; attempt++) await ask({});
    await end;
    expect(t.endings.map(({ why }) => why.code)).toEqual(["no-token", "no-token", "no-token"]);
    await expectService();
  });

  test("without a stream is closed after a while", async () => {
    await start({ limits: { ...SOON, idleConnection: 50 } });
    const { session } = await rawSession(t.server.address.port, t.authority.pem);
    await once(session, "close");
  });

  test("whose other end does not answer pings is cut, with its streams", async () => {
    await start({ limits: { ...SOON, ping: 1_000 } });
    const between = await freezableProxy(t.server.address.port);
    const { session, ask } = await rawSession(between.port, t.authority.pem);
    void ask({ authorization: "Bearer web" });
    await comesTrue(() => expect(t.server.streams()).toBe(1));
    between.freeze();
    await t.ending("connection-lost");
    session.destroy();
    await between.close();
  });

  test("that is not one of TLS, or of HTTP/2, harms nobody", async () => {
    await start();
    const { port } = t.server.address;
    const plain = connectTcp({ port, host: "127.0.0.1" });
    plain.on("error", () => undefined);
    plain.write("GET / HTTP/1.1\r\n\r\n");
    const old = connectTls({
      port,
      host: "127.0.0.1",
      ca: t.authority.pem,
      servername: "localhost",
      ALPNProtocols: ["http/1.1"],
    });
    old.on("error", () => undefined);
    await Promise.all([closed(plain), closed(old)]);
    const weak = connectTls({
      port,
      host: "127.0.0.1",
      ca: t.authority.pem,
      servername: "localhost",
      maxVersion: "TLSv1.1",
      minVersion: "TLSv1",
    });
    await expect(once(weak, "secureConnect")).rejects.toThrow();
    await expectService();
  });

  test.each([
    ["another method", { ":method": "GET" }, 405],
    ["another content type", { "content-type": "application/json" }, 415],
  ])("with %s gets its HTTP status", async (_what, headers, expected) => {
    await start();
    const { ask, session } = await rawSession(t.server.address.port, t.authority.pem);
    expect(await ask(headers)).toMatchObject({ ":status": expected });
    session.destroy();
  });

  test("with a compressed message gets INVALID_ARGUMENT, for nothing was agreed on", async () => {
    await start();
    const { ask, session } = await rawSession(t.server.address.port, t.authority.pem);
    const { trailers } = await ask({ authorization: "Bearer web" }, Buffer.from([1, 0, 0, 0, 1, 0]));
    expect(trailers?.["grpc-status"]).toBe("3");
    session.destroy();
  });

  test("gets the new certificate once it is replaced, while standing streams go on", async () => {
    await start();
    const before = t.client().delta("web");
    before.send(CLUSTERS);
    const first = await before.next();
    const { cert, key } = await t.authority.issue(
      { type: "dns", value: "localhost" },
      { type: "dns", value: "new.example" },
    );
    t.server.use({ certificate: cert, key });
    const socket = connectTls({
      port: t.server.address.port,
      host: "127.0.0.1",
      ca: t.authority.pem,
      servername: "new.example",
      ALPNProtocols: ["h2"],
    });
    await once(socket, "secureConnect");
    expect(socket.getPeerCertificate().subjectaltname).toContain("new.example");
    socket.destroy();
    before.send({ ...CLUSTERS, responseNonce: first.nonce });
    await t.serve(clusters("one=2"));
    expect((await before.next()).resources).toHaveLength(1);
  });
});

test("one who reads nothing costs one response a type, however much changes, and holds nobody up", async () => {
  await start();
  const big = (round: number) => clusters(...Array.from({ length: 300 }, (_, index) => `cluster-${index}=${round}`));
  await t.serve(big(1));
  const slow = t.client().sotw("slow");
  slow.send(CLUSTERS);
  slow.pause();
  const quick = t.client().delta("quick");
  quick.send(CLUSTERS);
  for (let round = 2; round < 12; round++) {
    const { nonce, resources } = await quick.next();
    expect(resources).toHaveLength(300);
    quick.send({ ...CLUSTERS, responseNonce: nonce });
    await t.serve(big(round));
  }
  expect(slow.waiting.length).toBeLessThanOrEqual(1);
  slow.cancel();
  await comesTrue(() => expect(t.server.streams()).toBe(1));
});

test("at the end all streams are told, new ones are refused, and nothing is left", async () => {
  await start();
  const calls = Array.from({ length: 20 }, (_, index) => t.client().delta(`web-${index}`));
  for (const call of calls) {
    call.send(CLUSTERS);
    await call.next();
  }
  await t.server.drain(100);
  for (const call of calls) expect((await call.status).code).toBe(status.UNAVAILABLE);
  expect(t.server.streams()).toBe(0);
});

/** Whatever went wrong before. */
function closed(socket: Socket): Promise<void> {
  return new Promise((resolve) => socket.on("close", () => resolve()));
}
