import { once } from "node:events";
import { type AddressInfo, connect, createServer } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { beforeAll, describe, expect, it, onTestFinished } from "vitest";
import { runClient } from "../../testbed/app/load/client.ts";
import type { LoadKind } from "../../testbed/app/load/client-options.ts";
import type { LoadReport } from "../../testbed/app/load/tally.ts";
import { type Ports, type RunningApp, startApp } from "../../testbed/app/serve.ts";
import { serveOptions } from "../../testbed/app/serve-options.ts";
import { freePort } from "../../testbed/process/free-port.ts";
import { command, startProcess } from "./application-process.ts";

const LISTENERS = ["--host", "127.0.0.1", "--http", "0", "--tcp", "0", "--greeting", "0"];

let app: RunningApp;
const portOf = (protocol: keyof Ports, of: { readonly ports: Ports } = app): number => of.ports[protocol][0] ?? 0;

beforeAll(async () => {
  app = await startApp(
    serveOptions([...LISTENERS, "--linger", "0", "--drain", "100"], { POD_NAME: "blue-1" }),
    () => undefined,
  );
  return () => app.stop();
});

describe("the load client", () => {
  it.each<[LoadKind, keyof Ports]>([
    ["http", "http"],
    ["grpc", "http"],
    ["tcp", "tcp"],
    ["tcp", "greeting"],
  ])("counts %s exchanges with the %s port, on a connection that stays", async (kind, protocol) => {
    const report = await load(kind, portOf(protocol), { rate: 100, seconds: 0.5 });
    expect(report).toMatchObject({ sent: 50, succeeded: 50, failed: 0, failures: {}, connections: 1, reconnects: 0 });
    expect(report.latency.max).toBeGreaterThanOrEqual(report.latency.p50);
  });

  it("says which pods answered", async () => {
    expect((await load("http", portOf("http"), { rate: 50, seconds: 0.2 })).pods).toEqual({ "blue-1": 10 });
  });

  it("counts a stream when all of it has come, and one that ends before that as failed", async () => {
    const whole = await load("grpc-streams", portOf("http"), { rate: 20, seconds: 0.1, timeout: 60_000 });
    expect(whole).toMatchObject({ sent: 2, succeeded: 2, connections: 1, reconnects: 0, pods: { "blue-1": 2 } });
    const early = await load("grpc-streams", portOf("http"), { rate: 20, seconds: 0.1, timeout: 500 });
    expect(early).toMatchObject({ succeeded: 0, failures: { timeout: 2 } });
    expect(await load("grpc-streams", 1, { rate: 20, seconds: 0.1 })).toMatchObject({ failures: { ECONNREFUSED: 2 } });
  });

  it("counts failures by what they were", async () => {
    const failing = await load("http", portOf("http"), { path: "/?status=503", rate: 50, seconds: 0.2 });
    expect(failing).toMatchObject({ succeeded: 0, failed: 10, failures: { "status 503": 10 } });
    const nobody = await load("http", 1, { rate: 50, seconds: 0.2 });
    expect(nobody).toMatchObject({ failed: 10, failures: { ECONNREFUSED: 10 } });
    for (const kind of ["grpc", "tcp"] as const) {
      expect(await load(kind, 1, { rate: 50, seconds: 0.2 })).toMatchObject({ sent: 10, succeeded: 0, failed: 10 });
    }
  });

  it("gives up an answer that does not come", async () => {
    const report = await load("http", portOf("http"), { path: "/?hold", rate: 10, seconds: 0.2, timeout: 100 });
    expect(report).toMatchObject({ sent: 2, failures: { timeout: 2 } });
  });

  it("does not slow down for a slow server", async () => {
    const report = await load("http", portOf("http"), {
      path: "/?delay=400",
      rate: 50,
      seconds: 0.4,
      connections: 20,
    });
    expect(report).toMatchObject({ sent: 20, succeeded: 20 });
  });

  it.each<LoadKind>(["http", "grpc"])("loses nothing of %s when the next instance takes over", async (kind) => {
    const first = await startProcess(["--linger", "1000"]);
    const second = await startProcess([]);
    let target = portOf("http", first);
    let connections = 0;
    const relay = createServer((socket) => {
      connections += 1;
      const onward = connect(target, "127.0.0.1");
      for (const end of [socket, onward]) end.on("error", () => end.destroy());
      socket.pipe(onward).pipe(socket);
    }).listen(0, "127.0.0.1");
    onTestFinished(() => void relay.close());
    await once(relay, "listening");

    const loading = load(kind, (relay.address() as AddressInfo).port, { rate: 100, seconds: 4, connections: 2 });
    while (connections < 2) await sleep(10);
    await sleep(300);
    target = portOf("http", second);
    first.process.kill("SIGTERM");
    const report = await loading;
    expect(report).toMatchObject({ sent: 400, succeeded: 400, failures: {} });
    expect(report.reconnects).toBeGreaterThanOrEqual(1);
    expect(await first.exit).toEqual([0, null]);
    second.process.kill("SIGKILL");
  });

  it("notices a server that went away in the middle, and comes back", async () => {
    // nobody's connection may have it as its own port while nobody listens
    const port = await freePort();
    const first = await startProcess(["--stop", "abrupt", "--http", String(port)]);
    const over = new AbortController();
    const loading = load("grpc", port, { rate: 100, seconds: 600 }, over.signal);
    await sleep(300);
    first.process.kill("SIGKILL");
    await first.exit;
    const second = await startProcess(["--http", String(port)]);
    await sleep(500);
    over.abort();
    const report = await loading;
    expect(report.succeeded).toBeGreaterThan(0);
    expect(report.failed).toBeGreaterThan(0);
    expect(report.reconnects).toBeGreaterThan(0);
    expect(report.succeeded + report.failed).toBe(report.sent);
    second.process.kill("SIGKILL");
  });

  it("runs as a command and exits with 1 when something failed", async () => {
    const good = await command([
      "client",
      "http",
      "--url",
      url(portOf("http")),
      "--seconds",
      "0.2",
      "--output",
      "json",
    ]);
    expect(JSON.parse(good.stdout)).toMatchObject({ sent: 2, failed: 0 });
    expect(good.code).toBe(0);
    expect((await command(["client", "tcp", "--url", "tcp://127.0.0.1:1", "--seconds", "0.1"])).code).toBe(1);
  });

  it.each([
    [["client", "smtp", "--url", "http://x/"], "expected one of http, grpc, grpc-streams, tcp"],
    [["client", "http"], "expected a URL"],
    [["client", "http", "--url", "http://x/", "--rate", "0"], "expected a number above 0"],
    [["serve", "--http", "80a"], "expected a whole number"],
    [["serve", "--stop", "never"], "expected one of graceful, abrupt, ignore"],
    [["sing"], 'there is no command "sing"'],
  ])("refuses %j", async (args, message) => {
    const { code, stderr } = await command(args);
    expect(stderr).toContain(message);
    expect(code).toBe(2);
  });
});

const url = (port: number, path = "/") => `http://127.0.0.1:${port}${path}`;

function load(
  kind: LoadKind,
  port: number,
  wanted: { path?: string; rate: number; seconds: number; connections?: number; timeout?: number },
  signal = new AbortController().signal,
): Promise<LoadReport> {
  const { path, ...rest } = wanted;
  const options = { kind, url: new URL(url(port, path)), connections: 1, timeout: 10_000, output: "json" as const };
  return runClient({ ...options, ...rest }, signal);
}
