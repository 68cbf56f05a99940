import { once } from "node:events";
import { connect } from "node:net";
import { toJson } from "@bufbuild/protobuf";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { JsonObject } from "../../src/model/json.ts";
import { PORTS } from "../../src/model/names.ts";
import { ListenerSchema } from "../../src/xds/generated/envoy/config/listener/v3/listener_pb.js";
import { statsListener } from "../../src/xds/translate/stats-listener.ts";
import { TYPES } from "../../src/xds/types.ts";
import { ENVOY_MESSAGES } from "../envoy-messages.ts";
import { ask, succeeds } from "./ask.ts";
import { configYaml, eventually, type RunningEnvoy, sidecarPorts, startEnvoy, validate } from "./envoy-process.ts";
import { LOOPBACK_POD } from "./kubelet-expansion.ts";
import { PLAIN_SPEC } from "./plain-spec.ts";
import type { UncapturedConfig } from "./uncaptured.ts";

/*
 * A sidecar with the listener that stands at its pod's address: here other addresses of loopback, on the very port that its admin
 * interface has at 127.0.0.1. What asks for anything but four pages must never reach that interface.
 */

const POD = "127.0.0.2";

let envoy: RunningEnvoy;
let port: number;
let config: string;

beforeAll(async () => {
  const ports = await sidecarPorts();
  port = ports.get(PORTS.admin) ?? 0;
  const whole = JSON.parse(
    configYaml(PLAIN_SPEC, { pod: LOOPBACK_POD, ports, identity: "/nowhere" }),
  ) as UncapturedConfig;
  const resource = statsListener({ addresses: [POD, "::1"], port });
  if (resource.type !== TYPES.listener) throw new Error("no listener");
  const listener = toJson(ListenerSchema, resource.message, { registry: ENVOY_MESSAGES }) as JsonObject;
  whole.static_resources.listeners.push(
    listener as unknown as UncapturedConfig["static_resources"]["listeners"][number],
  );
  config = JSON.stringify(whole);
  envoy = await startEnvoy(config);
  await eventually(() => ask({ host: POD, port, path: "/ready" }), succeeds);
});

afterAll(() => envoy.stop());

/** The status of the answer to a request line, byte for byte as it stands, and whether the connection was just closed. */
async function status(line: string, headers = "host: pod\r\n"): Promise<string> {
  const socket = connect(port, POD);
  socket.on("error", () => undefined);
  socket.write(`${line}\r\n${headers}connection: close\r\n\r\n`);
  let answer = "";
  socket.setEncoding("latin1").on("data", (text: string) => {
    answer += text;
  });
  await once(socket, "close");
  // words of pages that nobody is to see: the configuration, the list of pages, and what comes of a command
  expect(answer).not.toMatch(/bootstrap|config_dump|static_resources|^OK\n$/m);
  return /^HTTP\/1\.1 (\d{3})/.exec(answer)?.[1] ?? "closed";
}

/** Those that were answered otherwise. All at once: Envoy keeps a connection for a second after its last answer. */
async function others(lines: readonly string[], expected: RegExp): Promise<readonly string[]> {
  const answers = await Promise.all(lines.map(async (line) => `${line}: ${await status(line)}`));
  return answers.filter((answer) => !expected.test(answer.slice(answer.lastIndexOf(" ") + 1)));
}

const PAGES = ["/ready", "/stats", "/stats/prometheus", "/server_info"];

/** Other pages, and ways to write them so that somebody may take them for one of the four. */
const FOREIGN = [
  "/",
  "/quitquitquit",
  "/config_dump",
  "/clusters",
  "/certs",
  "/logging?level=trace",
  "/healthcheck/fail",
  "/drain_listeners",
  "/reset_counters",
  "/memory",
  "/stats/",
  "/stats/recentlookups",
  "/STATS",
  "/ready/",
  "//stats",
  "/stats//prometheus",
  "/stats/../config_dump",
  "/stats/./prometheus",
  "/./quitquitquit",
  "/stats/..%2fquitquitquit",
  "/stats%2f..%2fconfig_dump",
  "/%71uitquitquit",
  "/%2e%2e/config_dump",
  "/stats;/../quitquitquit",
  "/stats\\..\\quitquitquit",
  "/stats%00/quitquitquit",
  "/stats%23/quitquitquit",
  "/st%61ts",
  "*",
  "http://pod/quitquitquit",
  "http://127.0.0.1:9901/config_dump",
  "http://pod/stats/../quitquitquit",
  "https://pod//config_dump",
];

test("Envoy takes it without a warning", async () => {
  expect(await validate(config)).toEqual({ valid: true, log: "" });
});

describe("at the pod's address", () => {
  test.each([
    ["/ready", /^LIVE/],
    ["/stats", /^server\.live: 1$/m],
    ["/stats?filter=server.live", /^server\.live: 1$/m],
    ["/stats/prometheus", /^envoy_server_live\{/m],
    ["/server_info", /"state": "LIVE"/],
  ])("GET %s is answered, in both families", async (path, body) => {
    for (const host of [POD, "::1"]) {
      expect(await ask({ host, port, path })).toMatchObject({ status: 200, body: expect.stringMatching(body) });
    }
  });

  test("other methods of a page are refused", async () => {
    const methods = ["POST", "HEAD", "PUT", "DELETE", "OPTIONS", "PATCH", "get"];
    const lines = PAGES.flatMap((page) => methods.map((method) => `${method} ${page} HTTP/1.1`));
    expect(await others(lines, /^(405|400|closed)$/)).toEqual([]);
  });

  test("no other target is answered, whatever the method", async () => {
    const lines = FOREIGN.flatMap((target) => ["GET", "POST"].map((method) => `${method} ${target} HTTP/1.1`));
    expect(await others(lines, /^(404|400|closed)$/)).toEqual([]);
  });

  test("a page is answered when it is asked for as of a proxy, for it is the same page", async () => {
    expect(await status("GET http://anywhere/ready HTTP/1.1")).toBe("200");
  });

  test("no header makes another page of it", async () => {
    const headers = [
      "x-envoy-original-path: /quitquitquit",
      "x-original-url: /config_dump",
      "x-rewrite-url: /config_dump",
      "x-http-method-override: POST",
      "upgrade: websocket",
      "upgrade: h2c\r\nhttp2-settings: AAMAAABkAAQAAP__",
    ];
    const answers = await Promise.all(headers.map((each) => status("GET /ready HTTP/1.1", `host: pod\r\n${each}\r\n`)));
    for (const answer of answers) expect(answer).toMatch(/^(200|403|404|400|closed)$/);
  });

  test("neither a tunnel, nor a second request behind the first, nor HTTP/2 gets further", async () => {
    expect(await status("CONNECT 127.0.0.1:9901 HTTP/1.1")).toMatch(/^(404|405|400|closed)$/);
    expect(await status("GET /ready HTTP/1.1", "host: pod\r\n\r\nGET /config_dump HTTP/1.1\r\nhost: pod\r\n")).toBe(
      "200",
    );
    expect(await status("PRI * HTTP/2.0\r\n\r\nSM")).toMatch(/^(400|closed)$/);
  });

  test("none of this was counted as traffic of the mesh, and Envoy is as it was", async () => {
    const { body } = await ask({ host: POD, port, path: "/stats" });
    expect(body).not.toMatch(/^(?:http|listener)\.outrigger_status|^cluster\.outrigger_admin/m);
    expect((await ask({ host: POD, port, path: "/ready" })).body).toBe("LIVE\n");
  });
});
