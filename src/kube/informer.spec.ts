import { afterEach, beforeEach, expect, test } from "vitest";
import { comesTrue } from "../../test/comes-true.ts";
import { event, type FakeApiServer, failure, fakeApiServer, list, named } from "../../test/unit/fake-api-server.ts";
import { type JsonObject, member } from "../model/json.ts";
import { kubeClient } from "./client.ts";
import { Informer, type Resource } from "./informer.ts";

const TIMINGS = {
  watchSilence: 5_000,
  backoffMin: 5,
  backoffMax: 20,
  absentRetry: 10,
  directRead: 500,
  firstSync: 500,
};
const THINGS: Resource<number> = {
  name: "things",
  path: "/apis/example.com/v1/things",
  content: "whole",
  presence: "when-installed",
  project: (object) => Number(member(object, "size") ?? 0),
};

let server: FakeApiServer;
let abort: AbortController;
let running: Promise<void>;

beforeEach(async () => {
  server = await fakeApiServer();
  abort = new AbortController();
  running = Promise.resolve();
});
afterEach(async () => {
  abort.abort();
  await running;
  await server.close();
});

function start(changes: Partial<Resource<number>> = {}, timings = TIMINGS): Informer<number> {
  const informer = new Informer(kubeClient(server.endpoint), { ...THINGS, ...changes }, timings);
  running = informer.start(abort.signal);
  return informer;
}

/** Lists one thing and returns the informer with the watch that follows. */
async function watching(timings = TIMINGS) {
  const informer = start({}, timings);
  (await server.next()).answer(200, list("10", [thing("a", "5", 1)]));
  await informer.synced;
  return { informer, watch: await server.next() };
}

function thing(name: string, version: string, size: number): JsonObject {
  return named(name, version, { size });
}

test("a list is taken page by page and is known only when it is whole", async () => {
  const informer = start();
  const first = await server.next();
  expect(first.query.get("limit")).toBe("500");
  first.answer(200, list("10", [thing("a", "5", 1)], "page-2"));
  const second = await server.next();
  expect(second.query.get("continue")).toBe("page-2");
  expect(informer.isSynced).toBe(false);
  expect(informer.cache.size).toBe(0);
  second.answer(200, list("10", [thing("b", "6", 2)]));
  await informer.synced;
  expect(informer.cache.list("shop")).toEqual([1, 2]);
});

test("a version that is gone between two pages lists from the beginning", async () => {
  const informer = start();
  (await server.next()).answer(200, list("10", [thing("old", "5", 1)], "page-2"));
  (await server.next()).answer(410, failure(410, "The provided continue parameter is too old"));
  const again = await server.next();
  expect(again.query.get("continue")).toBeNull();
  again.answer(200, list("20", [thing("new", "15", 2)]));
  await informer.synced;
  expect(informer.cache.get("shop", "old")).toBeUndefined();
  expect(informer.cache.get("shop", "new")).toBe(2);
});

test("events are applied in order, and the watch asks for bookmarks and an end", async () => {
  const { informer, watch } = await watching();
  expect(watch.query.get("watch")).toBe("1");
  expect(watch.query.get("allowWatchBookmarks")).toBe("true");
  expect(watch.query.get("resourceVersion")).toBe("10");
  expect(Number(watch.query.get("timeoutSeconds"))).toBeGreaterThanOrEqual(240);
  expect(Number(watch.query.get("timeoutSeconds"))).toBeLessThanOrEqual(300);
  watch.send(
    event("ADDED", thing("b", "11", 2)),
    event("MODIFIED", thing("a", "12", 7)),
    event("DELETED", thing("b", "13", 2)),
  );
  await comesTrue(() => expect(informer.cache.list("shop")).toEqual([7]));
});

test("a watch that the server ends goes on from its last bookmark", async () => {
  const { watch } = await watching();
  watch.send(event("BOOKMARK", { metadata: { resourceVersion: "42" } }));
  watch.end();
  const next = await server.next();
  expect(next.query.get("watch")).toBe("1");
  expect(next.query.get("resourceVersion")).toBe("42");
});

test("a broken connection resumes after the last event and keeps what is known meanwhile", async () => {
  const { informer, watch } = await watching();
  watch.send(event("ADDED", thing("b", "11", 2)));
  await comesTrue(() => expect(informer.cache.size).toBe(2));
  watch.cut();
  const next = await server.next();
  expect(next.query.get("resourceVersion")).toBe("11");
  expect(informer.cache.list("shop")).toEqual([1, 2]);
  expect(informer.isSynced).toBe(true);
});

test("410 as an event lists again and forgets what was deleted meanwhile", async () => {
  const { informer, watch } = await watching();
  watch.send(event("ERROR", failure(410, "too old resource version: 10 (90)")));
  const relist = await server.next();
  expect(relist.query.get("watch")).toBeNull();
  expect(informer.cache.list("shop")).toEqual([1]);
  relist.answer(200, list("100", [thing("c", "95", 3)]));
  await comesTrue(() => expect(informer.cache.list("shop")).toEqual([3]));
});

test("410 as a status lists again", async () => {
  const { informer, watch } = await watching();
  watch.answer(410, failure(410, "too old resource version"));
  const relist = await server.next();
  expect(relist.query.get("watch")).toBeNull();
  relist.answer(200, list("100", []));
  await comesTrue(() => expect(informer.cache.size).toBe(0));
});

test("an event that is not JSON lists again", async () => {
  const { watch } = await watching();
  watch.send("no event" as unknown as JsonObject);
  const relist = await server.next();
  expect(relist.query.get("watch")).toBeNull();
});

test("a watch that is silent for too long is taken for dead and resumed", async () => {
  const { informer, watch } = await watching({ ...TIMINGS, watchSilence: 50 });
  watch.send();
  const next = await server.next();
  expect(next.query.get("watch")).toBe("1");
  expect(next.query.get("resourceVersion")).toBe("10");
  expect(informer.problem).toContain("nothing came from the API server for 50 ms");
});

test("an API that is not installed is an empty collection, until it arrives and after it is gone", async () => {
  const informer = start();
  (await server.next()).answer(404, failure(404, "the server could not find the requested resource"));
  await informer.synced;
  expect(informer.cache.size).toBe(0);
  (await server.next()).answer(200, list("10", [thing("a", "5", 1)]));
  const watch = await server.next();
  expect(informer.cache.list("shop")).toEqual([1]);
  watch.answer(404, failure(404, "the server could not find the requested resource"));
  (await server.next()).answer(404, failure(404, "the server could not find the requested resource"));
  await comesTrue(() => expect(informer.cache.size).toBe(0));
});

test("404 where the API must be there is a problem that is said", async () => {
  const informer = start({ presence: "always" });
  (await server.next()).answer(404, failure(404, "not here"));
  await server.next();
  expect(informer.isSynced).toBe(false);
  expect(informer.problem).toContain("status 404: not here");
});

test("a refused list is tried again and said", async () => {
  const informer = start();
  (await server.next()).answer(403, failure(403, "things is forbidden"));
  const again = await server.next();
  expect(informer.problem).toContain("status 403: things is forbidden");
  expect(informer.isSynced).toBe(false);
  again.answer(200, list("10", []));
  await informer.synced;
  expect(informer.problem).toBe("");
});

test("metadata is asked for as partial objects", async () => {
  start({ content: "metadata" });
  const first = await server.next();
  expect(first.headers.accept).toBe("application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1");
  first.answer(200, list("10", []));
  expect((await server.next()).headers.accept).toBe("application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1");
});

test("an event longer than any chunk is put together", async () => {
  const { informer, watch } = await watching();
  watch.send(event("ADDED", { ...thing("big", "11", 9), padding: "ä".repeat(500_000) }));
  await comesTrue(() => expect(informer.cache.get("shop", "big")).toBe(9));
});

test("the signal ends it while it lists, watches or waits", async () => {
  const { watch } = await watching();
  abort.abort();
  await running;
  watch.cut();
});

/** What a listener hears, as `name: before > after, what the cache has then`. */
function hearing(informer: Informer<number>, signal = abort.signal): readonly string[] {
  const heard: string[] = [];
  informer.onChange(({ name, before, after }) => {
    heard.push(`${name}: ${before} > ${after}, ${informer.cache.get("shop", name)}`);
  }, signal);
  return heard;
}

test("a listener hears of each change, with what was before, once the cache has it", async () => {
  const { informer, watch } = await watching();
  const heard = hearing(informer);
  watch.send(event("ADDED", thing("b", "11", 2)), event("MODIFIED", thing("b", "12", 3)));
  watch.send(event("DELETED", thing("a", "13", 1)));
  const expected = ["b: undefined > 2, 2", "b: 2 > 3, 3", "a: 1 > undefined, undefined"];
  await comesTrue(() => expect(heard).toEqual(expected));
});

test("a change of something that is not kept is none, and neither is the end of what was never there", async () => {
  const informer = start({ project: (object) => ({ sizes: [Number(member(object, "size"))] }) as never });
  (await server.next()).answer(200, list("10", [thing("a", "5", 1)]));
  await informer.synced;
  const kept = informer.cache.get("shop", "a");
  const heard = hearing(informer);
  const watch = await server.next();
  watch.send(
    event("MODIFIED", { ...thing("a", "11", 1), status: "another" }),
    event("DELETED", thing("never", "12", 1)),
  );
  watch.send(event("ADDED", thing("b", "13", 1)));
  await comesTrue(() => expect(heard).toHaveLength(1));
  expect(heard[0]).toMatch(/^b: /);
  expect(informer.cache.get("shop", "a")).toBe(kept);
});

test("after a new list a listener hears of what differs: gone, changed, new", async () => {
  const informer = start();
  (await server.next()).answer(
    200,
    list("10", [thing("gone", "5", 1), thing("same", "6", 2), thing("changed", "7", 3)]),
  );
  await informer.synced;
  const ending = new AbortController();
  const heard = hearing(informer, ending.signal);
  (await server.next()).send(event("ERROR", failure(410, "too old resource version")));
  const again = [thing("same", "15", 2), thing("changed", "16", 4), thing("new", "17", 5)];
  (await server.next()).answer(200, list("20", again));
  const expected = ["gone: 1 > undefined, undefined", "changed: 3 > 4, 4", "new: undefined > 5, 5"];
  await comesTrue(() => expect(heard).toEqual(expected));
  ending.abort();
  (await server.next()).send(event("ADDED", thing("d", "21", 2)));
  await comesTrue(() => expect(informer.cache.get("shop", "d")).toBe(2));
  expect(heard).toEqual(expected);
});
