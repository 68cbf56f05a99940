import { once } from "node:events";
import { createServer } from "node:http";
import { createServer as createHttp2Server } from "node:http2";
import type { AddressInfo } from "node:net";
import { expect, it, onTestFinished } from "vitest";
import { startApp } from "../../testbed/app/serve.ts";
import { serveOptions } from "../../testbed/app/serve-options.ts";

/* The test application in the place of the applications of AWS's walkthroughs, whose variables it reads. */

/** Starts it with these variables on a free port, and returns its URL without a slash at the end. */
async function started(env: Readonly<Record<string, string>>): Promise<string> {
  const args = ["--host", "127.0.0.1", "--http", "0", "--linger", "0"];
  const app = await startApp(serveOptions(args, env), () => expect.unreachable());
  onTestFinished(() => app.stop());
  return `http://127.0.0.1:${app.ports.http[0]}`;
}

async function answerOf(url: string, headers: Readonly<Record<string, string>> = {}): Promise<[number, string]> {
  const answer = await fetch(url, { headers });
  return [answer.status, await answer.text()];
}

it("answers its color on every path, and pings", async () => {
  const color = await started({ COLOR: "external: blue" });
  expect(await answerOf(`${color}/`)).toEqual([200, "external: blue"]);
  expect(await answerOf(`${color}/any`)).toEqual([200, "external: blue"]);
  expect(await answerOf(`${color}/ping`)).toEqual([200, ""]);
});

it("as a front hands on the header that chooses a color, and answers the color", async () => {
  const echo = createServer((request, response) => {
    response.end(`${request.method} ${request.url} ${[request.headers["color_header"] ?? "none"].join()}`);
  });
  await once(echo.listen(0, "127.0.0.1"), "listening");
  onTestFinished(() => void echo.close());
  const front = await started({ COLOR_HOST: `127.0.0.1:${(echo.address() as AddressInfo).port}` });
  expect(await answerOf(`${front}/color`, { color_header: "red" })).toEqual([200, "GET / red"]);
  expect(await answerOf(`${front}/`)).toEqual([200, "GET / none"]);
});

it("as a front answers with the status of its color, and 500 where it reaches none", async () => {
  const color = await started({ COLOR: "blue" });
  await fetch(`${color}/control?fault-percent=100`);
  const front = await started({ COLOR_HOST: new URL(color).host });
  expect(await answerOf(`${front}/`)).toEqual([503, "blue"]);
  expect(await answerOf(`${front}/ping`)).toEqual([200, ""]);
  // nobody listens on a port that only root may have and nothing uses
  const lost = await started({ COLOR_HOST: "127.0.0.1:1" });
  expect((await answerOf(`${lost}/`))[0]).toBe(500);
});

it("as a front calls a color's service of gRPC, and says what that says", async () => {
  const front = await started({ COLOR_HOST: new URL(await started({ COLOR: "no color!" })).host });
  const set = async (path: string, body = "") =>
    await (await fetch(`${front}${path}`, { method: "POST", body })).text();
  expect(await answerOf(`${front}/getColor`)).toEqual([200, "no_color"]);
  expect(await set("/setColor", "Blue")).toBe("no_color");
  expect(await answerOf(`${front}/getColor`)).toEqual([200, "blue"]);
  expect(await set("/setFlakiness?rate=1&code=13")).toBe('{"rate":0,"code":0}');
  expect(await answerOf(`${front}/getFlakiness`)).toEqual([200, '{"rate":1,"code":13}']);
  expect(await answerOf(`${front}/getColor`)).toEqual([500, "grpc status 13: \n"]);
  expect(await set("/setFlakiness?rate=0&code=0")).toBe('{"rate":1,"code":13}');
  expect(await set("/setColor", "a color that nobody named")).toBe("blue");
  expect(await answerOf(`${front}/getColor`)).toEqual([200, "no_color"]);
});

it("as a front says 404 for a method that nobody has, and 500 where it reaches nobody", async () => {
  const other = createHttp2Server((_, response) => {
    response.writeHead(200, { "content-type": "application/grpc", "grpc-status": "12" }).end();
  });
  await once(other.listen(0, "127.0.0.1"), "listening");
  onTestFinished(() => void other.close());
  const front = await started({ COLOR_HOST: `127.0.0.1:${(other.address() as AddressInfo).port}` });
  expect(await answerOf(`${front}/getColor`)).toEqual([404, "grpc status 12: \n"]);
  const lost = await started({ COLOR_HOST: "127.0.0.1:1" });
  expect((await answerOf(`${lost}/getColor`))[0]).toBe(500);
});

it("fails the share of answers that it is told to, and pings all the same", async () => {
  const color = await started({ COLOR: "blue" });
  await fetch(`${color}/control?fault-percent=50`);
  const statuses = await Promise.all(Array.from({ length: 40 }, async () => (await fetch(`${color}/`)).status));
  expect(new Set(statuses)).toEqual(new Set([200, 503]));
  expect((await fetch(`${color}/ping`)).status).toBe(200);
  await fetch(`${color}/control?fault-percent=0`);
  expect((await fetch(`${color}/`)).status).toBe(200);
});

it("answers the port on which it was asked", async () => {
  const url = await started({ PORT1: "8080", PORT2: "8090" });
  expect(await answerOf(`${url}/`)).toEqual([200, `Hello world ${new URL(url).port}\n`]);
});

it("listens where the manifests say, unless a flag says otherwise", () => {
  const portsFor = (env: NodeJS.ProcessEnv, ...args: readonly string[]) => serveOptions(args, env).http;
  expect(portsFor({ COLOR: "blue" })).toEqual([8080]);
  expect(portsFor({ COLOR: "blue", SERVER_PORT: "8081" })).toEqual([8081]);
  expect(portsFor({ COLOR_HOST: "color:8080", PORT: "8082" })).toEqual([8082]);
  expect(portsFor({ PORT1: "8080", PORT2: "8090" })).toEqual([8080, 8090]);
  expect(portsFor({ COLOR: "blue", PORT: "8082" }, "--http", "9000")).toEqual([9000]);
  expect(portsFor({})).toEqual([8080]);
  expect(() => portsFor({ COLOR: "blue", PORT: "eighty" })).toThrow("eighty");
});
