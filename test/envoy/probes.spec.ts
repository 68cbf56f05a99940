import type { RequestListener } from "node:http";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import type { BootstrapSpec, ProbeCheck, ProbeRoute } from "../../src/bootstrap/spec.ts";
import { PORTS } from "../../src/model/names.ts";
import { type App, grpcApp, type HttpApp, http2App, httpApp, httpsApp, tcpApp } from "./apps.ts";
import { type Answer, ask, KUBELET_HEADERS, type Question, succeeds } from "./ask.ts";
import { testAuthority } from "./authority.ts";
import { configYaml, eventually, type RunningEnvoy, sidecarPorts, startEnvoy } from "./envoy-process.ts";
import { LOOPBACK_POD } from "./kubelet-expansion.ts";
import { PLAIN_SPEC } from "./plain-spec.ts";

/* The table of probes in both directions: each kind succeeds when the app does and fails when the app fails. */

describe.each([
  { family: "IPv4", ip: "127.0.0.1", inUrl: "127.0.0.1", ipv6: false },
  { family: "IPv6", ip: "::1", inUrl: "[::1]", ipv6: true },
])("in an $family pod", ({ ip, inUrl, ipv6 }) => {
  const running: { close: () => Promise<void> }[] = [];
  let envoy: RunningEnvoy;
  let status: number;
  let admin: number;
  let web: HttpApp;
  let secure: HttpApp;
  let secureH2: HttpApp;
  let database: App;
  let rpc: Awaited<ReturnType<typeof grpcApp>>;
  let answer: RequestListener = ok;
  let serving: (service: string) => boolean = () => true;

  async function track<T extends App>(app: Promise<T>): Promise<T> {
    running.push(await app);
    return app;
  }

  beforeAll(async () => {
    const certificate = await (await testAuthority()).issue({ type: "dns", value: "another.example" });
    const current: RequestListener = (request, response) => answer(request, response);
    web = await track(httpApp(ip, current));
    secure = await track(httpsApp(ip, certificate, current));
    secureH2 = await track(http2App(ip, certificate, current));
    database = await track(tcpApp(ip));
    rpc = await track(grpcApp(ip, (service) => serving(service)));
    const ports = await sidecarPorts();
    status = ports.get(PORTS.status) as number;
    admin = ports.get(PORTS.admin) as number;
    const http = { kind: "http", tls: false, ownHost: false } as const;
    const spec = specWith(ipv6, [
      probe("/probe/web/readiness", { ...http, port: web.port, path: "/healthz?full=1&q=a%20b" }),
      probe("/probe/web/liveness", { ...http, port: web.port, path: "live" }),
      probe("/probe/impatient/liveness", { ...http, port: web.port, path: "/" }, 1),
      probe("/probe/own-host/readiness", { ...http, port: web.port, path: "/", ownHost: true }),
      probe("/probe/secure/readiness", { ...http, port: secure.port, path: "/healthz", tls: true }),
      probe("/probe/secure-h2/readiness", { ...http, port: secureH2.port, path: "/healthz", tls: true }),
      probe("/probe/db/readiness", { kind: "tcp", port: database.port }),
      probe("/probe/rpc/liveness", { kind: "grpc", port: rpc.port, service: "" }),
      probe("/probe/rpc/readiness", { kind: "grpc", port: rpc.port, service: "shop.Cart" }),
    ]);
    const pod = { ...LOOPBACK_POD, OUTRIGGER_POD_IP: ip };
    envoy = await startEnvoy(configYaml(spec, { pod, ports, identity: "/nowhere" }));
    await eventually(() => probed("/ready"), succeeds);
  });

  afterAll(async () => {
    await envoy.stop();
    await Promise.all(running.map((app) => app.close()));
  });

  beforeEach(() => {
    answer = ok;
    serving = () => true;
    for (const app of [web, secure, secureH2]) app.seen.length = 0;
  });

  function probed(path: string, question: Partial<Question> = {}): Promise<Answer> {
    return ask({ host: ip, port: status, path, ...question });
  }

  test("nothing of the configuration is deprecated or otherwise worth a warning", () => {
    expect(envoy.log()).toBe("");
  });

  describe("an HTTP probe", () => {
    test("reaches the app as the kubelet would have: target, Host and headers, none added", async () => {
      const custom = {
        "X-Tenant": "a, b",
        "X-Forwarded-Proto": "https",
        "X-Request-Id": "7",
        "X-Forwarded-For": "9.9.9.9",
      };
      expect((await probed("/probe/web/readiness", { headers: custom })).status).toBe(200);
      expect(web.seen[0]?.target).toBe("/healthz?full=1&q=a%20b");
      expect(new Map(web.seen[0]?.headers)).toEqual(
        new Map(Object.entries({ ...KUBELET_HEADERS, ...custom, Host: `${inUrl}:${web.port}` })),
      );
    });

    test("that sends no x-forwarded-proto has none at the app", async () => {
      await probed("/probe/web/readiness");
      expect(web.seen[0]?.headers.map(([name]) => name).sort()).toEqual(["Accept", "Host", "User-Agent"]);
    });

    test("with a Host header of its own keeps it", async () => {
      expect((await probed("/probe/own-host/readiness", { headers: { Host: "shop.example" } })).status).toBe(200);
      expect(web.seen[0]).toMatchObject({ target: "/" });
      expect(new Map(web.seen[0]?.headers).get("Host")).toBe("shop.example");
    });

    test("gets the slash that its path lacks", async () => {
      await probed("/probe/web/liveness");
      expect(web.seen[0]?.target).toBe("/live");
    });

    test("makes a connection of its own each time", async () => {
      await probed("/probe/web/readiness");
      await probed("/probe/web/readiness");
      expect(new Set(web.seen.map(({ connection }) => connection)).size).toBe(2);
    });

    test.each([200, 204, 399, 400, 401, 404, 429, 500, 503])("passes the app's %i on, asked once", async (code) => {
      answer = (_request, response) => response.writeHead(code).end(code === 204 ? undefined : "said so");
      const { status: passed, body, headers } = await probed("/probe/web/readiness");
      expect({ passed, body }).toEqual({ passed: code, body: code === 204 ? "" : "said so" });
      expect(web.seen).toHaveLength(1);
      expect(Object.keys(headers).filter((name) => name.startsWith("x-") || name === "server")).toEqual([]);
    });

    test.each([
      [301, "/login"],
      [302, `http://${inUrl}:8080/login`],
      [307, "https://elsewhere.example/"],
      [308, "login"],
    ])("answered %i to %s succeeds, without a Location that the kubelet would follow to us", async (code, location) => {
      answer = (_request, response) => response.writeHead(code, { Location: location }).end();
      const redirected = await probed("/probe/web/readiness");
      expect(redirected.status).toBe(code);
      expect(redirected.headers.location).toBeUndefined();
    });

    test("fails when the app takes longer than the probe allows", async () => {
      answer = () => undefined;
      const begin = performance.now();
      expect((await probed("/probe/impatient/liveness")).status).toBe(504);
      expect(performance.now() - begin).toBeGreaterThan(900);
    });

    test("may take as long as its own timeout, whatever another probe of the port allows", async () => {
      answer = (_request, response) => setTimeout(() => response.end("slow"), 1500);
      expect((await probed("/probe/web/liveness")).status).toBe(200);
    });

    test("fails when the app hangs up", async () => {
      answer = (request) => request.socket.destroy();
      expect((await probed("/probe/web/readiness")).status).toBe(503);
      expect(web.seen).toHaveLength(1);
    });

    test("fails while the app's port is closed", async () => {
      await web.close();
      try {
        expect((await probed("/probe/web/readiness")).status).toBe(503);
      } finally {
        await web.reopen();
      }
      expect((await probed("/probe/web/readiness")).status).toBe(200);
    });

    test("cannot be made to retry by its headers", async () => {
      answer = (_request, response) => response.writeHead(500).end();
      await probed("/probe/web/readiness", { headers: { "X-Envoy-Retry-On": "5xx", "X-Envoy-Max-Retries": "3" } });
      expect(web.seen).toHaveLength(1);
    });
  });

  describe("an HTTPS probe", () => {
    test("checks no certificate and sends no server name", async () => {
      expect((await probed("/probe/secure/readiness")).status).toBe(200);
      expect(secure.seen[0]).toMatchObject({ httpVersion: "1.1", serverName: undefined });
      expect(new Map(secure.seen[0]?.headers).get("Host")).toBe(`${inUrl}:${secure.port}`);
    });

    test("speaks HTTP/2 with an app that offers nothing else, as the kubelet does", async () => {
      expect((await probed("/probe/secure-h2/readiness")).status).toBe(200);
      const headers = new Map(secureH2.seen[0]?.headers);
      expect(secureH2.seen[0]?.httpVersion).toBe("2.0");
      expect(headers.get(":authority")).toBe(`${inUrl}:${secureH2.port}`);
      expect(headers.get(":scheme")).toBe("https");
    });

    test.each(["/probe/secure/readiness", "/probe/secure-h2/readiness"])(
      "fails when the app does: %s",
      async (path) => {
        answer = (_request, response) => response.writeHead(500).end();
        expect((await probed(path)).status).toBe(500);
      },
    );

    test("fails when the app speaks no TLS there", async () => {
      await secure.close();
      try {
        expect((await probed("/probe/secure/readiness")).status).toBe(503);
      } finally {
        await secure.reopen();
      }
    });
  });

  /** Health checks run once a second: the answer follows the app a little later. */
  function becomes(path: string, outcome: "success" | "failure"): Promise<Answer> {
    return eventually(
      () => probed(path),
      (said) => succeeds(said) === (outcome === "success"),
    );
  }

  test("a TCP probe succeeds while the port is open and fails while it is closed", async () => {
    await becomes("/probe/db/readiness", "success");
    await database.close();
    expect((await becomes("/probe/db/readiness", "failure")).status).toBe(503);
    await database.reopen();
    await becomes("/probe/db/readiness", "success");
  });

  describe("a gRPC probe", () => {
    test("asks for its service, and fails when that one is not serving", async () => {
      await becomes("/probe/rpc/readiness", "success");
      serving = (service) => service === "";
      expect((await becomes("/probe/rpc/readiness", "failure")).status).toBe(503);
      expect((await probed("/probe/rpc/liveness")).status).toBe(200);
    });

    test("fails while the port is closed", async () => {
      await becomes("/probe/rpc/liveness", "success");
      await rpc.close();
      expect((await becomes("/probe/rpc/liveness", "failure")).status).toBe(503);
      await rpc.reopen();
      await becomes("/probe/rpc/liveness", "success");
    });

    test("names the pod's address and port as the authority, an IPv6 address without brackets", () => {
      expect([...rpc.authorities]).toEqual([`${ip}:${rpc.port}`]);
    });
  });

  describe("the status listener", () => {
    test("gives metrics", async () => {
      const { status: code, body } = await probed("/stats/prometheus");
      expect(code).toBe(200);
      expect(body).toContain("envoy_server_live");
    });

    test.each([
      "/",
      "/quitquitquit",
      "/healthcheck/fail",
      "/config_dump",
      "/stats",
      "/stats/prometheus/",
      "/ready/../quitquitquit",
      "/ready%2f..%2fconfig_dump",
      "//ready",
      "/READY",
      "/probe",
      "/probe/web",
      "/probe/web/readiness/",
      "/probe/web/readiness/x",
      "/probe/web/readiness?admin=1",
      "/probe/web/readiness%3Fa",
      "/probe/db/readiness?a",
      "/healthz?full=1",
    ])("answers 404 to %s", async (path) => {
      expect((await probed(path)).status).toBe(404);
      expect(web.seen).toEqual([]);
    });

    test.each(["POST", "PUT", "DELETE", "HEAD", "OPTIONS"])("answers 404 to %s of any path", async (method) => {
      for (const path of [
        "/ready",
        "/stats/prometheus",
        "/probe/web/readiness",
        "/probe/db/readiness",
        "/quitquitquit",
      ]) {
        expect((await probed(path, { method })).status).toBe(404);
      }
      expect(web.seen).toEqual([]);
    });

    test("does not let a Host header choose where a request goes", async () => {
      const { status: code } = await probed("/healthz", { headers: { Host: `${inUrl}:${web.port}` } });
      expect(code).toBe(404);
    });

    test("is the only way in: the admin interface listens on loopback alone", async () => {
      const config = await ask({ host: "127.0.0.1", port: admin, path: "/listeners?format=json" });
      expect(config.status).toBe(200);
      await expect(ask({ host: "127.0.0.2", port: admin, path: "/ready" })).rejects.toThrow("ECONNREFUSED");
      expect((await ask({ host: "127.0.0.2", port: status, path: "/ready" })).status).toBe(200);
    });
  });
});

function ok(_request: unknown, response: Parameters<RequestListener>[1]): void {
  response.end("ok");
}

/** Unless it is said otherwise, one that waits for longer than a busy machine takes. */
function probe(path: string, check: ProbeCheck, timeoutSeconds = 30): ProbeRoute {
  return { path, timeoutSeconds, check };
}

function specWith(ipv6: boolean, probes: readonly ProbeRoute[]): BootstrapSpec {
  return { ...PLAIN_SPEC, ipv6, probes };
}
