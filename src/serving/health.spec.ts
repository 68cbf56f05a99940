import { Registry } from "prom-client";
import { expect, onTestFinished, test } from "vitest";
import { serveHealth } from "./health.ts";
import { readinessProbe } from "./readiness.ts";

async function asked(path: string, problem?: () => string | undefined): Promise<readonly [number, string]> {
  const readiness = readinessProbe("test", problem === undefined ? [] : [{ name: "trust", problem }]);
  const server = await serveHealth({ host: "127.0.0.1", port: 0 }, readiness, new Registry());
  onTestFinished(() => server.close());
  const answer = await fetch(`http://127.0.0.1:${server.address.port}${path}`);
  expect(answer.headers.get("x-content-type-options")).toBe("nosniff");
  return [answer.status, await answer.text()];
}

test("alive whatever is missing; ready when nothing is", async () => {
  const missing = () => "not there";
  expect(await asked("/healthz", missing)).toEqual([200, "ok\n"]);
  expect(await asked("/readyz", missing)).toEqual([503, "[-] trust: not there\n[+] shutdown\n"]);
  expect(await asked("/readyz?verbose")).toEqual([200, "[+] shutdown\n"]);
});

test("another path says which ones there are; a check that breaks is an error, and not the end", async () => {
  expect(await asked("/")).toEqual([404, "expected /healthz, /readyz or /metrics\n"]);
  const broken = () => {
    throw new Error("secret");
  };
  expect(await asked("/readyz", broken)).toEqual([500, "internal error\n"]);
});
