import { get } from "node:http";
import { afterEach, expect, test } from "vitest";
import { type Page, serveDiagnostics } from "../../src/control-plane/diagnostics.ts";
import type { JsonObject } from "../../src/model/json.ts";
import type { PlainServer } from "../../src/serving/plain-http.ts";

let server: PlainServer | undefined;

afterEach(() => server?.close());

async function serve(page: () => Page): Promise<string> {
  server = await serveDiagnostics({ host: "127.0.0.1", port: 0 }, { "/page": page, "/other": page });
  return `http://127.0.0.1:${server.address.port}`;
}

function list(items: Iterable<JsonObject>): () => Page {
  return () => ({ kind: "list", name: "streams", items });
}

function busyFor(milliseconds: number): void {
  const until = performance.now() + milliseconds;
  while (performance.now() < until);
}

test("a list is whole, whatever its length", async () => {
  const items = Array.from({ length: 5_000 }, (_, index) => ({ index, text: '"é\n' }));
  const base = await serve(list(items));
  const answer = await fetch(`${base}/page`);
  expect([answer.status, answer.headers.get("content-type")]).toEqual([200, "application/json"]);
  expect(await answer.json()).toEqual({ streams: items });
});

test("an empty list, an object, and a path that is none", async () => {
  const pages: Page[] = [
    { kind: "list", name: "streams", items: [] },
    { kind: "object", object: { one: 1 } },
  ];
  const base = await serve(() => pages.shift() as Page);
  expect(await (await fetch(`${base}/page`)).json()).toEqual({ streams: [] });
  expect(await (await fetch(`${base}/page`)).json()).toEqual({ one: 1 });
  const nowhere = await fetch(`${base}/elsewhere`);
  expect([nowhere.status, await nowhere.json()]).toEqual([404, { problem: "expected GET /page or /other" }]);
});

test("others get their turn while a long list is made", async () => {
  let turn = 0;
  const seen = new Set<number>();
  const counting = setInterval(() => {
    turn += 1;
  }, 0);
  function* slow(): Generator<JsonObject> {
    for (let index = 0; index < 100; index++) {
      busyFor(1);
      seen.add(turn);
      yield { index };
    }
  }
  const base = await serve(list(slow()));
  const { streams } = (await (await fetch(`${base}/page`)).json()) as { streams: unknown[] };
  clearInterval(counting);
  expect(streams).toHaveLength(100);
  expect(seen.size).toBeGreaterThan(3);
});

test("nothing more is made for a client that is gone, or that reads no more and then goes", async () => {
  const ended = Promise.withResolvers<void>();
  function* endless(): Generator<JsonObject> {
    try {
      for (;;) yield { text: "x".repeat(10_000) };
    } finally {
      ended.resolve();
    }
  }
  const base = await serve(list(endless()));
  const request = get(`${base}/page`, (response) => {
    response.pause();
    setTimeout(() => request.destroy(), 100);
  });
  request.on("error", () => undefined);
  await ended.promise;
});

test("a list that cannot be finished is broken off, and the listener stands", async () => {
  let broken = true;
  function* breaking(): Generator<JsonObject> {
    yield { index: 0 };
    if (broken) throw new Error("secret");
  }
  const base = await serve(() => list(breaking())());
  const answer = fetch(`${base}/page`).then((response) => response.json());
  await expect(answer).rejects.toThrow();
  broken = false;
  expect(await (await fetch(`${base}/page`)).json()).toEqual({ streams: [{ index: 0 }] });
});
