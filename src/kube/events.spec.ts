import { afterEach, beforeEach, expect, test } from "vitest";
import { comesTrue } from "../../test/comes-true.ts";
import { type FakeApiServer, type FakeCall, failure, fakeApiServer } from "../../test/unit/fake-api-server.ts";
import type { JsonObject } from "../model/json.ts";
import { kubeClient } from "./client.ts";
import type { EventText } from "./event-object.ts";
import { EventRecorder, type EventResult } from "./events.ts";

const SOURCE = { component: "outrigger.dev/control-plane", instance: "control-plane-0" };
const LIMITS = { interval: 20, spacing: 0, refresh: 60_000, remembered: 3 };

let server: FakeApiServer;
let abort: AbortController;
let running: Promise<void>;
let results: EventResult[];

beforeEach(async () => {
  server = await fakeApiServer();
  abort = new AbortController();
  results = [];
});
afterEach(async () => {
  abort.abort();
  await server.close();
  await running;
});

function start(limits = LIMITS): EventRecorder {
  const recorder = new EventRecorder({
    client: kubeClient(server.endpoint),
    source: SOURCE,
    limits,
    now: () => new Date("2026-11-22T10:00:00Z"),
    onResult: (result) => results.push(result),
  });
  running = recorder.start(abort.signal);
  return recorder;
}

function about(name: string, message = "pods run without a sidecar"): EventText {
  const subject = { apiVersion: "apps/v1", kind: "Deployment", namespace: "shop", name, uid: `uid-of-${name}` };
  return { subject, type: "Warning", reason: "SlippedThrough", action: "Report", message };
}

async function bodyOf(call: FakeCall): Promise<JsonObject> {
  return JSON.parse(await call.body()) as JsonObject;
}

const CONFLICT = { ...failure(409, "events already exists"), reason: "AlreadyExists" };

test("the first time an event is made, in the namespace of its subject", async () => {
  start().record(about("web"));
  const call = await server.next();
  expect([call.method, call.path]).toEqual(["POST", "/api/v1/namespaces/shop/events"]);
  expect(await bodyOf(call)).toMatchObject({
    involvedObject: { kind: "Deployment", namespace: "shop", name: "web", uid: "uid-of-web" },
    type: "Warning",
    reason: "SlippedThrough",
    message: "pods run without a sidecar",
    count: 1,
    lastTimestamp: "2026-11-22T10:00:00.000Z",
    reportingComponent: SOURCE.component,
  });
});

test("what happens while it is written, and soon after, is counted together", async () => {
  const recorder = start();
  recorder.record(about("web"));
  const first = await server.next();
  for (let pod = 0; pod < 5; pod += 1) recorder.record(about("web", `pod ${pod}`));
  first.answer(201, {});
  const second = await server.next();
  expect(second.method).toBe("PATCH");
  expect(await bodyOf(second)).toMatchObject({ count: 6, message: "pod 4" });
  second.answer(200, { count: 6 });
  recorder.record(about("web"), 2);
  expect(await bodyOf(await server.next())).toMatchObject({ count: 8 });
  expect(results).toEqual(["created", "counted"]);
});

test("an event that another leader wrote is gone on with, and not counted twice", async () => {
  const recorder = start();
  recorder.record(about("web"), 3);
  (await server.next()).answer(409, CONFLICT);
  const touch = await server.next();
  expect(touch.method).toBe("PATCH");
  expect(Object.keys(await bodyOf(touch)).sort()).toEqual(["lastTimestamp", "message"]);
  touch.answer(200, { count: 7 });
  await comesTrue(() => expect(results).toEqual(["counted"]));
  recorder.record(about("web"));
  expect(await bodyOf(await server.next())).toMatchObject({ count: 8 });
});

test("an event that the API server has forgotten is created again", async () => {
  const recorder = start();
  recorder.record(about("web"));
  (await server.next()).answer(201, {});
  await comesTrue(() => expect(results).toEqual(["created"]));
  recorder.record(about("web"));
  (await server.next()).answer(404, failure(404, "not found"));
  const again = await server.next();
  expect([again.method, (await bodyOf(again))["count"]]).toEqual(["POST", 1]);
});

test("what still is so is left alone while its event is fresh", async () => {
  const recorder = start();
  recorder.record(about("web"));
  (await server.next()).answer(201, {});
  await comesTrue(() => expect(results).toEqual(["created"]));
  recorder.record(about("web"), 0);
  recorder.record(about("other"));
  expect((await bodyOf(await server.next()))["involvedObject"]).toMatchObject({ name: "other" });
});

test("what still is so when its event would be forgotten is written again, and not counted", async () => {
  const recorder = start({ ...LIMITS, refresh: 0 });
  recorder.record(about("web"));
  (await server.next()).answer(201, {});
  await comesTrue(() => expect(results).toEqual(["created"]));
  recorder.record(about("web"), 0);
  const again = await server.next();
  expect([again.method, (await bodyOf(again))["count"]]).toEqual(["PATCH", 1]);
});

test("an API server that fails is asked again, with all that happened meanwhile", async () => {
  const recorder = start();
  recorder.record(about("web"));
  (await server.next()).answer(503, failure(503, "apiserver is shutting down"));
  await comesTrue(() => expect(results).toEqual(["failed"]));
  recorder.record(about("web"));
  expect(await bodyOf(await server.next())).toMatchObject({ count: 2 });
});

test("a namespace that is going away loses its event, and nobody asks again", async () => {
  const recorder = start();
  recorder.record(about("web"));
  (await server.next()).answer(403, failure(403, "namespace shop is being terminated"));
  await comesTrue(() => expect(results).toEqual(["dropped"]));
  recorder.record(about("other"));
  expect((await bodyOf(await server.next()))["involvedObject"]).toMatchObject({ name: "other" });
});

test("memory is bounded: quiet events are forgotten, and beyond what can wait new ones are dropped", async () => {
  const recorder = start();
  recorder.record(about("a"));
  const first = await server.next();
  for (const name of ["b", "c", "d"]) recorder.record(about(name));
  expect(results).toEqual(["dropped"]);
  first.answer(201, {});
  await comesTrue(() => expect(results).toEqual(["dropped", "created"]));
  recorder.record(about("e"));
  for (const name of ["b", "c", "e"]) {
    const call = await server.next();
    expect((await bodyOf(call))["involvedObject"]).toMatchObject({ name });
    call.answer(201, {});
  }
});
