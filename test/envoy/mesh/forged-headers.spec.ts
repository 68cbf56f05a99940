import { once } from "node:events";
import { createServer, type IncomingHttpHeaders, type Server } from "node:http";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { freePort } from "../../../testbed/process/free-port.ts";
import { frontAndBack } from "../../shop-manifest.ts";
import { ask } from "../ask.ts";
import { eventually } from "../envoy-process.ts";
import { type Sidecars, sidecars } from "./sidecars.ts";

/*
 * Headers by which an Envoy lets others of its own kind change time-outs, retries and statistics, sent by an app through its sidecar, and
 * by a stranger to somebody else's.
 */

const CALLED = "127.0.0.3";
const TAKEN = "127.0.0.2";
const WAYS = [
  ["through the sidecar of the caller", CALLED],
  ["straight to that of the called", TAKEN],
] as const;

/** What would end requests, send them again, or count them elsewhere, if somebody listened to it. */
const FORGED = {
  "x-envoy-upstream-rq-timeout-ms": "1",
  "x-envoy-upstream-rq-per-try-timeout-ms": "1",
  "x-envoy-retry-on": "5xx,retriable-status-codes",
  "x-envoy-retriable-status-codes": "500",
  "x-envoy-max-retries": "9",
  "x-envoy-hedge-on-per-try-timeout": "true",
  "x-envoy-upstream-alt-stat-name": "forged",
  "x-envoy-upstream-stream-duration-ms": "1",
  "x-envoy-internal": "true",
} as const;
/** These change no request, and an app sees them as they were sent. */
const PASSED_ON = { "x-envoy-original-path": "/elsewhere", "x-envoy-decorator-operation": "forged" } as const;
/** Addresses of inside, which a client may claim too. */
const CLAIMS: readonly Readonly<Record<string, string>>[] = [
  {},
  { "x-forwarded-for": "10.0.0.1" },
  { "x-forwarded-for": "127.0.0.1" },
];

let port: number;
let app: Server;
let mesh: Sidecars;
const seen: { readonly url: string | undefined; readonly headers: IncomingHttpHeaders }[] = [];

beforeAll(async () => {
  port = await freePort();
  app = createServer((asked, answer) => {
    seen.push({ url: asked.url, headers: asked.headers });
    if (asked.url !== "/slow") answer.statusCode = 500;
    setTimeout(() => answer.end(), asked.url === "/slow" ? 300 : 0);
  });
  await once(app.listen(port, "127.0.0.1"), "listening");
  const host = "back.shop.svc.cluster.local";
  mesh = await sidecars(frontAndBack([`{ portMapping: { port: ${port}, protocol: http } }`], host), {
    hosts: { [host]: [TAKEN] },
    sidecars: { front: { calls: [[CALLED, port]] }, back: { takes: [[TAKEN, port]] } },
  });
});

afterEach(() => void seen.splice(0));

afterAll(async () => {
  await mesh?.stop();
  app.close();
});

async function get(address: string, path: string, headers: Readonly<Record<string, string>>): Promise<number> {
  return (await ask({ host: address, port, path, headers: { host: "back.shop", ...headers } })).status;
}

test.each(WAYS)("time-outs that a request brings %s end nothing", async (_, address) => {
  for (const claim of CLAIMS) expect(await get(address, "/slow", { ...FORGED, ...claim })).toBe(200);
});

test.each(WAYS)("retries that a request brings %s are none", async (_, address) => {
  for (const claim of CLAIMS) expect(await get(address, "/fails", { ...FORGED, ...claim })).toBe(500);
  expect(seen).toHaveLength(CLAIMS.length);
});

test.each(WAYS)("what a request brings %s does not reach the app, but for what changes nothing", async (_, address) => {
  for (const claim of CLAIMS) await get(address, "/fails", { ...FORGED, ...PASSED_ON, ...claim });
  expect(seen).toHaveLength(CLAIMS.length);
  const forged = seen.flatMap(({ headers }) =>
    Object.entries(FORGED).filter(([name, value]) => headers[name] === value),
  );
  expect(forged).toEqual([]);
  for (const { url, headers } of seen) expect({ url, headers }).toMatchObject({ url: "/fails", headers: PASSED_ON });
});

test.each(WAYS)("no statistic has the name that a request brings %s", async (_, address) => {
  await get(address, "/fails", FORGED);
  for (const node of ["front", "back"]) {
    await eventually(
      () => mesh.envoy(node).stats("downstream_rq_completed"),
      (found) => Object.keys(found).length > 0,
    );
    expect(await mesh.envoy(node).stats("forged")).toEqual({});
  }
});
