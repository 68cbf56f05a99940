import { describe, expect, it } from "vitest";
import { ConfigurationError } from "./configuration-error.ts";
import { loadConfiguration } from "./load.ts";

const problems = (flags: Record<string, string>, environment: Record<string, string> = {}) => {
  try {
    loadConfiguration({ environment, flags });
    return [];
  } catch (error) {
    if (error instanceof ConfigurationError) return error.problems;
    throw error;
  }
};

describe("settings that must fit each other", () => {
  it.each([
    [{ "proxy-limits-cpu": "9m" }, "proxy.limits.cpu"],
    [{ "proxy-requests-memory": "1Gi", "proxy-limits-memory": "1000M" }, "proxy.limits.memory"],
    [{ "tls-cert": "a.pem" }, "webhook.tlsCert"],
    [{ "tls-key": "a.pem" }, "webhook.tlsKey"],
    [{ "proxy-admin-port": "15000" }, "proxy.adminPort"],
    [{ "proxy-admin-port": "15020" }, "proxy.adminPort"],
    [{ listen: "0.0.0.0:9090" }, "webhook.listen"],
    [{ "webhook-certificate": "files" }, "webhook.certificate"],
    [{ "webhook-certificate": "own", "tls-cert": "a.pem", "tls-key": "b.pem" }, "webhook.tlsCert"],
    [{ "webhook-certificate": "cluster", offline: "true" }, "webhook.offline"],
  ])("%j is refused", (flags, setting) => {
    expect(problems(flags)).toMatchObject([{ setting, origin: { source: "flag" } }]);
  });

  it.each([
    { "proxy-limits-cpu": "10m" },
    { "proxy-limits-cpu": "0.01", "proxy-requests-cpu": "1e-2" },
    { "proxy-requests-memory": "", "proxy-limits-memory": "1Mi" },
    { "tls-cert": "a.pem", "tls-key": "b.pem" },
    { "webhook-certificate": "files", "tls-cert": "a.pem", "tls-key": "b.pem" },
    { "webhook-certificate": "own", offline: "true" },
    { "webhook-certificate": "cluster" },
    { "proxy-admin-port": "15010" },
    { listen: "127.0.0.1:0", "metrics-listen": "127.0.0.1:0" },
  ])("%j is accepted", (flags) => {
    expect(problems(flags)).toEqual([]);
  });

  it("names both values and the place of the stronger one", () => {
    expect(problems({}, { OUTRIGGER_PROXY_REQUESTS_CPU: "2", OUTRIGGER_PROXY_LIMITS_CPU: "1500m" })).toEqual([
      {
        setting: "proxy.limits.cpu",
        origin: { source: "environment", variable: "OUTRIGGER_PROXY_LIMITS_CPU" },
        found: 'proxy.requests.cpu "2" and proxy.limits.cpu "1500m"',
        expected: "a request that is not above the limit",
      },
    ]);
  });

  it("are not judged while one of them cannot be read", () => {
    const found = problems({ "proxy-requests-cpu": "lots", "proxy-limits-cpu": "1m" });
    expect(found.map(({ setting, expected }) => [setting, expected.split(" ")[1]])).toEqual([
      ["proxy.requests.cpu", "Kubernetes"],
    ]);
  });
});
