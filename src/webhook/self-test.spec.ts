import { createServer } from "node:https";
import type { AddressInfo } from "node:net";
import { expect, test } from "vitest";
import { ownCertificate } from "./certificate.ts";
import { selfTest } from "./self-test.ts";

const now = new Date();

/** The self-test's result against a TLS server that answers every call so. */
async function resultAgainst(status: number, body: (asked: string) => string, own = true): Promise<string | undefined> {
  const credentials = (await ownCertificate("127.0.0.1", now)).current();
  const expected = own ? credentials : (await ownCertificate("127.0.0.1", now)).current();
  const server = createServer({ cert: credentials.certificate, key: credentials.key }, (request, response) => {
    let asked = "";
    request.on("data", (chunk: Buffer) => {
      asked += chunk.toString();
    });
    request.on("end", () => response.writeHead(status).end(body(asked)));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  const result = await selfTest({ host: "127.0.0.1", port }, expected, "own-uid");
  server.close();
  server.closeAllConnections();
  return result;
}

const ALLOWED = () => JSON.stringify({ response: { uid: "own-uid", allowed: true } });

test("an answer with our UID that allows is what is wanted", async () => {
  expect(await resultAgainst(200, ALLOWED)).toBeUndefined();
});

test.each([
  ["another status", 500, ALLOWED, "answered with status 500"],
  ["another UID", 200, () => '{"response":{"uid":"x","allowed":true}}', "answered wrongly"],
  ["a denial", 200, () => '{"response":{"uid":"own-uid","allowed":false}}', "answered wrongly"],
  ["something that is no review", 200, () => "[]", "answered wrongly"],
  ["something that is no JSON", 200, () => "<html>", "answered wrongly"],
  ["null", 200, () => "null", "answered wrongly"],
])("%s is a problem", async (_what, status, body, problem) => {
  expect(await resultAgainst(status, body)).toContain(problem);
});

test("another certificate than the one in use is a problem", async () => {
  expect(await resultAgainst(200, ALLOWED, false)).toBe("the listener shows another certificate");
});

test("nobody there is a problem, not an error", async () => {
  const credentials = (await ownCertificate("127.0.0.1", now)).current();
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  expect(await selfTest({ host: "127.0.0.1", port }, credentials, "own-uid")).toContain("ECONNREFUSED");
});
