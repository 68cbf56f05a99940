import { once } from "node:events";
import { connect as connectTls } from "node:tls";
import { afterEach, describe, expect, test } from "vitest";
import { TYPES } from "../../src/xds/types.ts";
import { comesTrue } from "../comes-true.ts";
import { type TestXds, type TestXdsOptions, testXds } from "../xds-harness.ts";
import { type RawSession, rawSession, stubbornProxy } from "../xds-raw-client.ts";

/* Connections whose other end does not do its part. */

let t: TestXds;
const stops: (() => Promise<void>)[] = [];

afterEach(async () => {
  for (const stop of stops.splice(0)) await stop();
  await t.stop();
});

async function start(options: TestXdsOptions): Promise<void> {
  t = await testXds(options);
}

/** A client that never closes its end of the connection; `left` resolves when the server has closed its own. */
async function stubbornClient(): Promise<RawSession & { readonly left: Promise<unknown> }> {
  const way = await stubbornProxy(t.server.address.port);
  stops.push(() => way.close());
  const raw = await rawSession(way.port, t.authority.pem);
  const [far] = way.far;
  return { ...raw, left: new Promise((resolve) => far?.once("end", resolve)) };
}

async function expectService(): Promise<void> {
  const call = t.client().delta("somebody-else");
  call.send({ typeUrl: TYPES.cluster });
  expect((await call.next()).resources).toHaveLength(1);
}

describe("a connection whose other end never closes", () => {
  /** The server stands meanwhile, and at its end it waits for nobody. */
  async function expectCut(left: Promise<unknown>): Promise<void> {
    await left;
    await expectService();
    await t.server.drain(0);
  }

  const SHORT = { sweep: 10, goodbye: 1000, ping: 400 };

  test("is cut after it was refused over and over, and is not asked for life signs meanwhile", async () => {
    await start({ limits: { ...SHORT, refusalsPerConnection: 2 } });
    const { ask, left } = await stubbornClient();
    await ask({});
    await ask({});
    await expectCut(left);
  });

  test("is cut after it was idle", async () => {
    await start({ limits: { ...SHORT, idleConnection: 30 } });
    const { left } = await stubbornClient();
    await expectCut(left);
  });

  test("is cut after its stream's age has come", async () => {
    await start({ limits: SHORT, maxAge: 50 });
    const { ask, left } = await stubbornClient();
    await ask({ authorization: "Bearer web" });
    await expectCut(left);
  });
});

test("a connection that is closing keeps the stream that stands on it", async () => {
  await start({ limits: { sweep: 10, goodbye: 30, refusalsPerConnection: 1 } });
  const { ask } = await rawSession(t.server.address.port, t.authority.pem);
  void ask({ authorization: "Bearer web" });
  await comesTrue(() => expect(t.server.streams()).toBe(1));
  await ask({});
  await expect(t.ending("no-token")).resolves.toBeDefined();
  const stillThere = await Promise.race([
    t.ending("connection-lost").then(() => "gone"),
    new Promise((resolve) => setTimeout(resolve, 300)).then(() => "there"),
  ]);
  expect(stillThere).toBe("there");
});

test("one address has so many connections, and room again when one is gone", async () => {
  await start({ limits: { connectionsPerPeer: 2 } });
  const one = await rawSession(t.server.address.port, t.authority.pem);
  const two = await rawSession(t.server.address.port, t.authority.pem);
  const { port } = t.server.address;
  const three = connectTls({ port, host: "127.0.0.1", ca: t.authority.pem, servername: "localhost" });
  three.on("error", () => undefined);
  const outcome = new Promise((resolve) => {
    three.once("secureConnect", () => resolve("let in"));
    three.once("close", () => resolve("cut"));
  });
  expect(await outcome).toBe("cut");
  one.session.close();
  await once(one.session, "close");
  await comesTrue(expectService);
  two.session.destroy();
});
