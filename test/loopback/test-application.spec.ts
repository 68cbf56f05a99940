import { once } from "node:events";
import { connect as connectHttp2 } from "node:http2";
import { Agent as HttpsAgent, get as httpsGet } from "node:https";
import { connect } from "node:net";
import { text } from "node:stream/consumers";
import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, beforeAll, describe, expect, it } from "vitest";
import {
  APP_SERVICE,
  GRPC_STATUS,
  grpcFrame,
  grpcMessages,
  HEALTH_SERVICE,
  healthMessage,
  NOT_SERVING,
  SERVING,
  stringMessage,
  textOf,
} from "../../testbed/app/grpc-messages.ts";
import { type Ports, type RunningApp, startApp } from "../../testbed/app/serve.ts";
import { serveOptions } from "../../testbed/app/serve-options.ts";
import { linesOf, startProcess } from "./application-process.ts";

const LISTENERS = ["--host", "127.0.0.1", "--http", "0", "--https", "0", "--tcp", "0", "--greeting", "0"];

let app: RunningApp;
const portOf = (protocol: keyof Ports, of: { readonly ports: Ports } = app): number => of.ports[protocol][0] ?? 0;
const http = (path: string) => fetch(`http://127.0.0.1:${portOf("http")}${path}`);

beforeAll(async () => {
  app = await startApp(serveOptions([...LISTENERS, "--name", "blue", "--linger", "0"], { POD_NAME: "blue-1" }), () => {
    throw new Error("nobody asked for the end of the process");
  });
  return () => app.stop();
});

afterEach(() => {
  for (const name of app.probes.failing()) app.probes.set(name, true);
});

describe("HTTP", () => {
  it("says who answers and how it saw the request", async () => {
    const answer = await fetch(`http://127.0.0.1:${portOf("http")}/some/path?x=1`, {
      method: "POST",
      headers: { "x-mine": "yes" },
      body: "hello",
    });
    expect(await answer.json()).toMatchObject({
      name: "blue",
      version: "1",
      pod: "blue-1",
      protocol: "HTTP/1.1",
      tls: false,
      method: "POST",
      path: "/some/path?x=1",
      body: "hello",
      headers: { "x-mine": "yes" },
      localPort: portOf("http"),
      localAddress: "127.0.0.1",
      remoteAddress: "127.0.0.1",
    });
  });

  it("speaks HTTP/2 on the same port", async () => {
    const session = connectHttp2(`http://127.0.0.1:${portOf("http")}`);
    const answer = JSON.parse(await text(session.request({ ":path": "/two" }).end()));
    session.close();
    expect(answer).toMatchObject({ protocol: "HTTP/2.0", path: "/two", tls: false });
  });

  it("speaks both over TLS", async () => {
    const agent = new HttpsAgent({ rejectUnauthorized: false });
    const [answer] = await once(httpsGet({ port: portOf("https"), host: "127.0.0.1", agent }), "response");
    expect(JSON.parse(await text(answer))).toMatchObject({ protocol: "HTTP/1.1", tls: true });
    agent.destroy();

    const session = connectHttp2(`https://127.0.0.1:${portOf("https")}`, { rejectUnauthorized: false });
    expect(JSON.parse(await text(session.request().end()))).toMatchObject({ protocol: "HTTP/2.0", tls: true });
    session.close();
  });

  it("fails with the status that is asked for", async () => {
    expect((await http("/?status=503")).status).toBe(503);
  });

  it("waits before it answers when asked to", async () => {
    const start = performance.now();
    await http("/?delay=150");
    expect(performance.now() - start).toBeGreaterThan(140);
  });

  it("answers in pieces when asked to, and what comes together is JSON", async () => {
    const answer = await http("/?stream=250");
    expect(await answer.json()).toMatchObject({ name: "blue" });
  });

  it("never answers a held request", async () => {
    const held = fetch(`http://127.0.0.1:${portOf("http")}/?hold`, { signal: AbortSignal.timeout(300) });
    await expect(held).rejects.toThrow("timeout");
  });

  it("cuts the connection when asked to", async () => {
    await expect(http("/?close")).rejects.toThrow("fetch failed");
  });

  it("redirects", async () => {
    const answer = await fetch(`http://127.0.0.1:${portOf("http")}/redirect?to=/there`, { redirect: "manual" });
    expect([answer.status, answer.headers.get("location")]).toEqual([302, "/there"]);
  });
});

describe("probes", () => {
  it("pass until told otherwise, each by its own switch", async () => {
    expect((await http("/probe/ready")).status).toBe(200);
    expect(await (await http("/control?fail=ready")).json()).toEqual({ failing: ["ready"] });
    expect((await http("/probe/ready")).status).toBe(503);
    expect((await http("/probe/live")).status).toBe(200);
    await http("/control?pass=ready");
    expect((await http("/probe/ready")).status).toBe(200);
  });

  it("of gRPC follow the switch of their service", async () => {
    await http("/control?fail=ledger");
    expect(await unary(`${HEALTH_SERVICE}/Check`, "")).toEqual({ status: 0, messages: [healthMessage(SERVING)] });
    expect(await unary(`${HEALTH_SERVICE}/Check`, "ledger")).toEqual({
      status: 0,
      messages: [healthMessage(NOT_SERVING)],
    });
  });

  it("of TCP fail by a closed port, which opens again", async () => {
    await http("/control?fail=tcp");
    await expect(once(connect(portOf("tcp"), "127.0.0.1"), "connect")).rejects.toThrow("ECONNREFUSED");
    await http("/control?pass=tcp");
    const socket = connect(portOf("tcp"), "127.0.0.1");
    await once(socket, "connect");
    socket.destroy();
  });
});

describe("gRPC", () => {
  it("describes the call, with its metadata", async () => {
    const { status, messages } = await unary(`${APP_SERVICE}/Describe`, "hi", { "x-mine": "yes" });
    expect(status).toBe(GRPC_STATUS.ok);
    expect(JSON.parse(textOf(messages[0] ?? Buffer.alloc(0)))).toMatchObject({
      name: "blue",
      protocol: "gRPC",
      body: "hi",
      headers: { "x-mine": "yes" },
    });
  });

  it("streams numbers", async () => {
    const { messages } = await unary(`${APP_SERVICE}/Count`, "3");
    expect(messages.map(textOf)).toEqual(["1", "2", "3"]);
  });

  it("sends each message back while the stream is open", async () => {
    const session = connectHttp2(`http://127.0.0.1:${portOf("http")}`);
    const stream = session.request(grpcHeaders(`${APP_SERVICE}/Echo`));
    const answers = grpcMessages(stream as AsyncIterable<Buffer>);
    for (const word of ["one", "two"]) {
      stream.write(grpcFrame(stringMessage(word)));
      const { value } = await answers.next();
      expect(textOf(value as Buffer)).toBe(word);
    }
    session.destroy();
  });

  it("fails with the code that is asked for, and for a method that is not there", async () => {
    expect(await unary(`${APP_SERVICE}/Describe`, "", { "app-status": "14" })).toEqual({ status: 14, messages: [] });
    expect(await unary(`${APP_SERVICE}/Nothing`, "")).toEqual({ status: GRPC_STATUS.unimplemented, messages: [] });
  });

  it("refuses a message that is not what its length says", async () => {
    const compressed = Buffer.from([1, 0, 0, 0, 0]);
    expect(await call(`${APP_SERVICE}/Describe`, compressed)).toEqual({
      status: GRPC_STATUS.invalidArgument,
      messages: [],
    });
  });
});

describe("raw TCP", () => {
  it("gives back what it gets", async () => {
    const socket = connect(portOf("tcp"), "127.0.0.1");
    socket.end("some bytes");
    expect(await text(socket)).toBe("some bytes");
  });

  it("greets before the client has said anything", async () => {
    const socket = connect(portOf("greeting"), "127.0.0.1");
    const lines = linesOf(socket);
    const greeting = await lines.next();
    expect(JSON.parse(String(greeting.value).slice("220 ".length))).toMatchObject({ name: "blue", protocol: "TCP" });
    socket.write("hello\nQUIT\n");
    expect((await lines.next()).value).toBe("250 hello");
    expect((await lines.next()).value).toBe("221 bye");
    expect((await lines.next()).done).toBe(true);
  });
});

describe("stopping", () => {
  it("gracefully ends what is under way, tells keep-alive clients to leave, and exits with 0", async () => {
    const running = await startProcess(["--stop", "graceful", "--linger", "2000"]);
    const base = `http://127.0.0.1:${portOf("http", running)}`;
    const slow = fetch(`${base}/?delay=3000`);
    await (await fetch(base)).text();
    running.process.kill("SIGTERM");
    await running.said("stopping");
    // still taking connections, and asking whoever comes to go
    const during = await fetch(base);
    expect([during.status, during.headers.get("connection")]).toEqual([200, "close"]);
    await during.text();
    expect((await slow).status).toBe(200);
    await (await slow).text();
    expect(await running.exit).toEqual([0, null]);
  });

  it("gracefully gives up what never ends", async () => {
    const running = await startProcess(["--stop", "graceful", "--linger", "0", "--drain", "200"]);
    const held = fetch(`http://127.0.0.1:${portOf("http", running)}/?hold`);
    const failed = expect(held).rejects.toThrow("fetch failed");
    await sleep(50);
    running.process.kill("SIGTERM");
    await failed;
    expect(await running.exit).toEqual([0, null]);
  });

  it("abruptly leaves what is under way", async () => {
    const running = await startProcess(["--stop", "abrupt"]);
    const slow = fetch(`http://127.0.0.1:${portOf("http", running)}/?hold`);
    const failed = expect(slow).rejects.toThrow("fetch failed");
    await sleep(50);
    running.process.kill("SIGTERM");
    await failed;
    expect(await running.exit).toEqual([0, null]);
  });

  it("can ignore that it is told to stop", async () => {
    const running = await startProcess(["--stop", "ignore"]);
    running.process.kill("SIGTERM");
    await running.said("ignoring");
    expect((await fetch(`http://127.0.0.1:${portOf("http", running)}`)).status).toBe(200);
    running.process.kill("SIGKILL");
    expect(await running.exit).toEqual([null, "SIGKILL"]);
  });

  it("ends with the code that a client asks for", async () => {
    const running = await startProcess([]);
    await (await fetch(`http://127.0.0.1:${portOf("http", running)}/control?exit=7`)).text();
    expect(await running.exit).toEqual([7, null]);
  });
});

function grpcHeaders(path: string, metadata: Record<string, string> = {}) {
  return { ":method": "POST", ":path": path, "content-type": "application/grpc", te: "trailers", ...metadata };
}

async function unary(path: string, message: string, metadata: Record<string, string> = {}) {
  return await call(path, grpcFrame(stringMessage(message)), metadata);
}

async function call(path: string, body: Buffer, metadata: Record<string, string> = {}) {
  const session = connectHttp2(`http://127.0.0.1:${portOf("http")}`);
  try {
    const stream = session.request(grpcHeaders(path, metadata));
    let status: unknown;
    // without a message the status stands in the headers
    for (const event of ["response", "trailers"]) {
      stream.on(event, (headers: Record<string, unknown>) => (status = headers["grpc-status"]));
    }
    stream.end(body);
    const messages: Buffer[] = [];
    for await (const message of grpcMessages(stream as AsyncIterable<Buffer>)) messages.push(message);
    return { status: Number(status), messages };
  } finally {
    session.close();
  }
}
