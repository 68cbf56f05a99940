import { once } from "node:events";
import { createServer, type Server } from "node:http";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { freePort } from "../../../testbed/process/free-port.ts";
import { frontAndBack } from "../../shop-manifest.ts";
import { ask } from "../ask.ts";
import { eventually } from "../envoy-process.ts";
import { type Sidecars, sidecars } from "./sidecars.ts";

/* The lines that sidecars write of one request, as the nodes of caller and called say. */

const CALLED = "127.0.0.3";
const TAKEN = "127.0.0.2";
const HOST = "back.shop.svc.cluster.local";

let port: number;
let app: Server;
let mesh: Sidecars | undefined;

beforeAll(async () => {
  port = await freePort();
  app = createServer((_, answer) => void answer.writeHead(201).end("ok"));
  await once(app.listen(port, "127.0.0.1"), "listening");
});

afterEach(async () => {
  await mesh?.stop();
  mesh = undefined;
});

afterAll(() => void app.close());

/** What the sidecars write once `path` was asked for. `format`: as the object has it; empty for none. */
async function written(format: string, path: string): Promise<Readonly<Record<"front" | "back", string>>> {
  const logging = `logging: { accessLog: { file: { path: /dev/stderr${format === "" ? "" : `, format: ${format}`} } } }`;
  const both = { front: [logging], back: [logging] };
  const manifest = frontAndBack([`{ portMapping: { port: ${port}, protocol: http } }`], HOST, both);
  mesh = await sidecars(manifest, {
    hosts: { [HOST]: [TAKEN] },
    sidecars: { front: { calls: [[CALLED, port]] }, back: { takes: [[TAKEN, port]] } },
  });
  await ask({ host: CALLED, port, path, headers: { host: "back.shop", colour: "red" } });
  const logs = () => Promise.resolve({ front: linesOf("front"), back: linesOf("back") });
  return await eventually(logs, ({ front, back }) => front !== "" && back !== "");
}

/** What a sidecar wrote, but for what Envoy says of itself. */
function linesOf(node: string): string {
  return (mesh?.envoy(node).log() ?? "").replace(/^\[[^\]]+\]\[\d+\]\[warning\].*\n/gm, "");
}

test("a path alone gives Envoy's own line at both ends", async () => {
  const { front, back } = await written("", "/default");
  for (const line of [front, back]) {
    expect(line).toMatch(/^\[[^\]]+\] "GET \/default HTTP\/1\.1" 201 - 0 2 .* "back\.shop" "[^"]+"\n$/);
  }
});

test("a text is what is written, with the end of the line that it says", async () => {
  const { front, back } = await written('{ text: "%REQ(COLOUR)% %RESPONSE_CODE% %REQ(:PATH)%\\n" }', "/text");
  expect({ front, back }).toEqual({ front: "red 201 /text\n", back: "red 201 /text\n" });
});

test("pairs become an object of JSON in a line", async () => {
  const json = "{ json: [{ key: code, value: '%RESPONSE_CODE%' }, { key: colour, value: '%REQ(colour)%' }] }";
  const { front, back } = await written(json, "/json");
  for (const line of [front, back]) {
    expect(line.endsWith("\n")).toBe(true);
    expect(JSON.parse(line)).toEqual({ code: 201, colour: "red" });
  }
});
