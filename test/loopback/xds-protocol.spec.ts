import { afterEach, describe, expect, test } from "vitest";
import { TYPES } from "../../src/xds/types.ts";
import { comesTrue } from "../comes-true.ts";
import { clusters, type TestXds, type TestXdsOptions, testXds } from "../xds-harness.ts";

/* The protocol of ADS with a client of the real gRPC library, over TLS. */

let t: TestXds;

afterEach(() => t.stop());

async function start(options?: TestXdsOptions): Promise<TestXds> {
  t = await testXds(options);
  return t;
}

const CLUSTERS = { typeUrl: TYPES.cluster };

describe("state of the world", () => {
  test("a first request without names gets all of the type, and every later change", async () => {
    const { server } = await start();
    const call = t.client().sotw("web");
    call.send({ ...CLUSTERS, node: { id: "node" } });
    const first = await call.next();
    expect(first.resources).toHaveLength(1);
    expect(first.typeUrl).toBe(TYPES.cluster);
    call.send({ ...CLUSTERS, versionInfo: first.versionInfo, responseNonce: first.nonce });
    await comesTrue(() => expect(t.receipts.at(-1)).toEqual({ kind: "ack" }));
    await t.serve(clusters("one", "two"));
    const second = await call.next();
    expect(second.resources).toHaveLength(2);
    expect(second.versionInfo).not.toBe(first.versionInfo);
    expect(server.streams()).toBe(1);
  });

  test("a type without resources is answered, if only with nothing", async () => {
    await start();
    const call = t.client().sotw("web");
    call.send({ typeUrl: TYPES.listener });
    expect((await call.next()).resources).toEqual([]);
    call.send({ typeUrl: TYPES.route, resourceNames: ["unknown"] });
    expect(await call.next()).toMatchObject({ typeUrl: TYPES.route, resources: [] });
  });

  test("a subscription by name gets what it names, and no more when it is not about its resources", async () => {
    await start();
    await t.serve(clusters("one", "two", "three"));
    const call = t.client().sotw("web");
    call.send({ ...CLUSTERS, resourceNames: ["two"] });
    const first = await call.next();
    expect(first.resources).toHaveLength(1);
    call.send({ ...CLUSTERS, resourceNames: ["two"], versionInfo: first.versionInfo, responseNonce: first.nonce });
    await comesTrue(() => expect(t.receipts).toContainEqual({ kind: "ack" }));
    await t.serve(clusters("one=5", "two", "three"));
    call.send({
      ...CLUSTERS,
      resourceNames: ["two", "three"],
      versionInfo: first.versionInfo,
      responseNonce: first.nonce,
    });
    expect((await call.next()).resources).toHaveLength(2);
    expect(call.waiting).toEqual([]);
  });

  test("while a response is on its way changes wait, and the newest of them is the next one", async () => {
    await start();
    const call = t.client().sotw("web");
    call.send(CLUSTERS);
    const first = await call.next();
    await t.serve(clusters("one=2"));
    await t.serve(clusters("one=3", "two"));
    // an acknowledgement of nothing that was sent changes nothing
    call.send({ ...CLUSTERS, versionInfo: "x", responseNonce: "stale" });
    await comesTrue(() => expect(t.receipts).toContainEqual({ kind: "stale" }));
    expect(call.waiting).toEqual([]);
    call.send({ ...CLUSTERS, versionInfo: first.versionInfo, responseNonce: first.nonce });
    expect((await call.next()).resources).toHaveLength(2);
  });

  test("what was refused is not sent again until it changes, and the reason is told", async () => {
    await start();
    const call = t.client().sotw("web");
    call.send(CLUSTERS);
    const first = await call.next();
    call.send({ ...CLUSTERS, responseNonce: first.nonce, errorDetail: { code: 3, message: "no such thing" } });
    await comesTrue(() => expect(t.receipts).toContainEqual({ kind: "nack", message: "no such thing" }));
    await t.serve(clusters("one"));
    expect(call.waiting).toEqual([]);
    expect([...t.server.shown()][0]).toMatchObject({
      types: { cluster: { accepted: "", rejected: first.versionInfo, problem: "no such thing" } },
    });
    await t.serve(clusters("one=9"));
    const second = await call.next();
    call.send({ ...CLUSTERS, versionInfo: second.versionInfo, responseNonce: second.nonce });
    await comesTrue(() =>
      expect([...t.server.shown()][0]).toMatchObject({
        types: { cluster: { accepted: second.versionInfo, rejected: "" } },
      }),
    );
  });

  test("a stream that comes back with a version and a nonce of an earlier one is answered", async () => {
    await start();
    const call = t.client().sotw("web");
    call.send({ ...CLUSTERS, versionInfo: "of-yesterday", responseNonce: "77" });
    expect((await call.next()).resources).toHaveLength(1);
  });
});

describe("delta", () => {
  test("a first request gets everything, a change only what changed, a removal only its name", async () => {
    await start();
    await t.serve(clusters("one", "two"));
    const call = t.client().delta("web");
    call.send(CLUSTERS);
    const first = await call.next();
    expect(first.resources.map(({ name }) => name)).toEqual(["one", "two"]);
    call.send({ ...CLUSTERS, responseNonce: first.nonce });
    await t.serve(clusters("one=4", "two"));
    const second = await call.next();
    expect(second.resources.map(({ name }) => name)).toEqual(["one"]);
    call.send({ ...CLUSTERS, responseNonce: second.nonce });
    await t.serve(clusters("one=4"));
    expect(await call.next()).toMatchObject({ resources: [], removedResources: ["two"] });
  });

  test("a stream that comes back gets what it does not have, and an answer even when it has everything", async () => {
    await start({ limits: { lingering: 50 } });
    await t.serve(clusters("one", "two"));
    const client = t.client();
    const before = client.delta("web");
    before.send(CLUSTERS);
    const { resources } = await before.next();
    const initialResourceVersions = Object.fromEntries(resources.map(({ name, version }) => [name, version]));
    before.end();
    const again = client.delta("web");
    again.send({ ...CLUSTERS, initialResourceVersions });
    expect(await again.next()).toMatchObject({ resources: [], removedResources: [] });
    const behind = client.delta("web");
    behind.send({ ...CLUSTERS, initialResourceVersions: { ...initialResourceVersions, two: "old", three: "gone" } });
    const { nonce, ...changed } = await behind.next();
    expect(changed).toMatchObject({ resources: [{ name: "two" }], removedResources: [] });
    behind.send({ ...CLUSTERS, responseNonce: nonce });
    // not at once: routes that it has not spoken of yet may lead there
    expect(await behind.next()).toMatchObject({ resources: [], removedResources: ["three"] });
  });

  test("a name that does not exist is told to be gone, and comes when it does", async () => {
    await start();
    const call = t.client().delta("web");
    call.send({ ...CLUSTERS, resourceNamesSubscribe: ["late"] });
    const first = await call.next();
    expect(first).toMatchObject({ resources: [], removedResources: ["late"] });
    call.send({ ...CLUSTERS, responseNonce: first.nonce });
    await t.serve(clusters("one", "late"));
    expect((await call.next()).resources.map(({ name }) => name)).toEqual(["late"]);
  });

  test("what is asked for again is sent again; what is not wanted any more is not", async () => {
    await start();
    await t.serve(clusters("one", "two"));
    const call = t.client().delta("web");
    call.send({ ...CLUSTERS, resourceNamesSubscribe: ["one", "two"] });
    const first = await call.next();
    call.send({ ...CLUSTERS, responseNonce: first.nonce, resourceNamesUnsubscribe: ["two"] });
    await comesTrue(() => expect(t.receipts).toHaveLength(2));
    call.send({ ...CLUSTERS, resourceNamesSubscribe: ["one"] });
    const second = await call.next();
    expect(second.resources.map(({ name }) => name)).toEqual(["one"]);
    call.send({ ...CLUSTERS, responseNonce: second.nonce });
    await t.serve(clusters("one=2", "two=2"));
    expect((await call.next()).resources.map(({ name }) => name)).toEqual(["one"]);
  });

  test("one that is unsubscribed from everything gets nothing more of it, by name it still does", async () => {
    await start();
    await t.serve(clusters("one", "two"));
    const call = t.client().delta("web");
    call.send({ ...CLUSTERS, resourceNamesSubscribe: ["*", "one"] });
    const first = await call.next();
    expect(first.resources).toHaveLength(2);
    call.send({ ...CLUSTERS, responseNonce: first.nonce, resourceNamesUnsubscribe: ["*"] });
    await comesTrue(() => expect(t.receipts).toHaveLength(2));
    await t.serve(clusters("one=2", "two=2"));
    expect((await call.next()).resources.map(({ name }) => name)).toEqual(["one"]);
  });

  test("a change while a response is on its way is sent after it, once", async () => {
    await start();
    const call = t.client().delta("web");
    call.send(CLUSTERS);
    const first = await call.next();
    await t.serve(clusters("one=2"));
    await t.serve(clusters("one=3"));
    expect(call.waiting).toEqual([]);
    call.send({ ...CLUSTERS, responseNonce: first.nonce });
    const second = await call.next();
    call.send({ ...CLUSTERS, responseNonce: second.nonce });
    await comesTrue(() => expect(t.receipts.filter(({ kind }) => kind === "ack")).toHaveLength(2));
    expect(call.waiting).toEqual([]);
  });
});

test("a change that cannot be brought to a proxy is told; it keeps its stream, and gets the next", async () => {
  await start();
  const call = t.client().delta("web");
  call.send(CLUSTERS);
  const first = await call.next();
  call.send({ ...CLUSTERS, responseNonce: first.nonce });
  await comesTrue(() => expect(t.receipts.at(-1)).toEqual({ kind: "ack" }));
  const broken = new Map(clusters("one=2"));
  const resources = {
    get size(): number {
      throw new Error("out of order");
    },
    values: () => {
      throw new Error("out of order");
    },
  } as unknown as ReadonlyMap<string, never>;
  broken.set(TYPES.cluster, { version: "broken", resources });
  await t.serve(broken);
  expect(t.failures).toHaveLength(1);
  expect(t.endings).toEqual([]);
  await t.serve(clusters("one=3"));
  expect((await call.next()).resources.map(({ name }) => name)).toEqual(["one"]);
});
