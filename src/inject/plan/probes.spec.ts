import { describe, expect, test } from "vitest";
import {
  aContainer,
  annotated,
  aPod,
  appmesh,
  containerOf,
  injected,
  withContainers,
  withSpec,
} from "../../../test/pods.ts";
import { configuration } from "../../config/schema.ts";
import type { JsonObject } from "../../model/json.ts";
import type { SidecarSettings } from "../decision.ts";
import { podView } from "../pod.ts";
import { Trace } from "../trace.ts";
import { type ProbeRewrite, probeRewrites } from "./probes.ts";

const PORTS = [{ containerPort: 8080, name: "http" }, { containerPort: 9000 }];

function settings(flavor: "envoy" | "aws" = "envoy"): SidecarSettings {
  const range = (port: number) => ({ first: port, last: port });
  const capture = { mode: "init", ports: [range(8080), range(9000)], ignoredPorts: [], ignoredIps: [], ipv6: true };
  return { flavor, configuration: configuration(), capture } as unknown as SidecarSettings;
}

function rewrites(members: JsonObject, flavor: "envoy" | "aws" = "envoy") {
  const trace = new Trace();
  const pod = podView(aPod(withContainers(aContainer("web", { ports: PORTS, ...members }))));
  const found = probeRewrites(pod, settings(flavor), trace);
  const ending = trace.end("inject", "inject", "injected", "");
  return { found, ...trace.decision(ending, undefined) };
}

function checkOf(probe: JsonObject): ProbeRewrite["route"] | undefined {
  return rewrites({ livenessProbe: probe }).found[0]?.route;
}

describe("an HTTP probe of a captured port", () => {
  const http = { kind: "http", tls: false, port: 8080, path: "/", ownHost: false };

  test.each([
    { what: "by number", httpGet: { port: 8080 }, check: http },
    { what: "by name", httpGet: { port: "http" }, check: http },
    { what: "by a number as text", httpGet: { port: "9000" }, check: { ...http, port: 9000 } },
    { what: "with an empty path", httpGet: { port: 8080, path: "" }, check: http },
    {
      what: "with a path and a query",
      httpGet: { port: 8080, path: "/ready?a=b" },
      check: { ...http, path: "/ready?a=b" },
    },
    { what: "without the slash", httpGet: { port: 8080, path: "ready" }, check: { ...http, path: "/ready" } },
    { what: "over HTTPS", httpGet: { port: 8080, scheme: "HTTPS" }, check: { ...http, tls: true } },
    { what: "over HTTP, said", httpGet: { port: 8080, scheme: "HTTP" }, check: http },
    { what: "with an empty host", httpGet: { port: 8080, host: "" }, check: http },
    {
      what: "with a Host header of its own",
      httpGet: {
        port: 8080,
        httpHeaders: [
          { name: "X-A", value: "1" },
          { name: "hOsT", value: "x" },
        ],
      },
      check: { ...http, ownHost: true },
    },
    { what: "with a header without a name", httpGet: { port: 8080, httpHeaders: [{ value: "x" }, null] }, check: http },
    { what: "with other headers", httpGet: { port: 8080, httpHeaders: [{ name: "X-Host", value: "x" }] }, check: http },
    { what: "with an unknown field, which stays where it is", httpGet: { port: 8080, fromTheFuture: {} }, check: http },
  ])("$what is asked through the sidecar", ({ httpGet, check }) => {
    expect(checkOf({ httpGet })).toEqual({ path: "/probe/web/liveness", timeoutSeconds: 1, check });
  });

  test.each([
    { what: "of another host", httpGet: { port: 8080, host: "10.0.0.1" } },
    { what: "of a port that is not captured", httpGet: { port: 8081 } },
    { what: "of a name that no port has", httpGet: { port: "https" } },
    { what: "of a number that is too long", httpGet: { port: "008080" } },
    { what: "of no port", httpGet: {} },
    { what: "that is no object", httpGet: "http" },
    { what: "that is null", httpGet: null },
  ])("$what is left alone", ({ httpGet }) => {
    expect(checkOf({ httpGet })).toBeUndefined();
  });
});

describe("a TCP or gRPC probe", () => {
  test.each([
    { probe: { tcpSocket: { port: 9000 } }, check: { kind: "tcp", port: 9000 } },
    { probe: { tcpSocket: { port: "http", host: "" } }, check: { kind: "tcp", port: 8080 } },
    { probe: { grpc: { port: 9000 } }, check: { kind: "grpc", port: 9000, service: "" } },
    { probe: { grpc: { port: 9000, service: "a.B" } }, check: { kind: "grpc", port: 9000, service: "a.B" } },
    { probe: { grpc: { port: 9000, service: null } }, check: { kind: "grpc", port: 9000, service: "" } },
  ])("$probe is asked through the sidecar", ({ probe, check }) => {
    expect(checkOf(probe)?.check).toEqual(check);
  });

  test.each([
    { what: "of another host", probe: { tcpSocket: { port: 9000, host: "10.0.0.1" } } },
    { what: "of an unknown name", probe: { tcpSocket: { port: "x" } } },
    { what: "without a port", probe: { grpc: { service: "a.B" } } },
    { what: "of another port", probe: { grpc: { port: 1 } } },
    { what: "by a name, which gRPC probes do not know", probe: { grpc: { port: "http" } } },
    { what: "that runs a program", probe: { exec: { command: ["true"] } } },
  ])("$what is left alone, without a word", ({ probe }) => {
    expect(rewrites({ livenessProbe: probe })).toMatchObject({ found: [], warnings: [], trace: [{ rule: "inject" }] });
  });

  test.each([
    { probe: { tcpSocket: { port: 9000, fromTheFuture: 1 } }, field: "tcpSocket.fromTheFuture" },
    { probe: { tcpSocket: { port: 9000, host: {} } }, field: "tcpSocket.host" },
    { probe: { grpc: { port: 9000, tls: true } }, field: "grpc.tls" },
    { probe: { grpc: { port: 9000, service: ["a"] } }, field: "grpc.service" },
    { probe: { grpc: { port: 9000, service: "a\0b" } }, field: "grpc.service" },
  ])("with $field, which would be lost, is not rewritten but warned of", ({ probe, field }) => {
    const { found, warnings } = rewrites({ livenessProbe: probe });
    expect(found).toEqual([]);
    expect(warnings).toEqual([
      `spec.containers[0] (web) livenessProbe has the unknown field ${field} and is not rewritten: it will be answered by Envoy, not by the app`,
    ]);
  });
});

test.each([
  { timeoutSeconds: 7, expected: 7 },
  { timeoutSeconds: 0, expected: 1 },
  { timeoutSeconds: null, expected: 1 },
])("a timeout of $timeoutSeconds is $expected s for Envoy", ({ timeoutSeconds, expected }) => {
  expect(checkOf({ tcpSocket: { port: 9000 }, timeoutSeconds })?.timeoutSeconds).toBe(expected);
});

test("a container may be named like a probe", () => {
  const pod = podView(
    aPod(withContainers(aContainer("a-Probe-b", { ports: PORTS, livenessProbe: { tcpSocket: { port: 9000 } } }))),
  );
  expect(probeRewrites(pod, settings(), new Trace())[0]?.route.path).toBe("/probe/a-Probe-b/liveness");
});

test("every probe of every running container has a path of its own, and the trace lists them", () => {
  const probe = { tcpSocket: { port: 9000 } };
  const { found, trace } = rewrites({ startupProbe: probe, livenessProbe: probe, readinessProbe: probe });
  const paths = ["/probe/web/startup", "/probe/web/liveness", "/probe/web/readiness"];
  expect(found.map(({ route }) => route.path)).toEqual(paths);
  expect(trace[0]).toEqual({
    rule: "probes",
    saw: `3 probes are asked through the status listener: ${paths.join(", ")}`,
    verdict: "set",
  });
});

test("the aws flavor can rewrite none, and says what that means", () => {
  expect(rewrites({ livenessProbe: { tcpSocket: { port: 9000 } } }, "aws")).toMatchObject({
    found: [],
    warnings: [
      "1 probes go to captured ports and meet Envoy first: the aws flavor cannot rewrite them; probe a port that is not in ports",
    ],
  });
  expect(rewrites({}, "aws").warnings).toEqual([]);
});

describe("in the pod", () => {
  const probed = (probe: JsonObject) =>
    injected(aPod(withContainers(aContainer("web", { ports: PORTS, livenessProbe: probe }))));
  const probeOf = (probe: JsonObject) => containerOf(probed(probe).pod, "web")?.["livenessProbe"];

  test("an HTTP probe keeps its headers and timing; port, path and scheme are the sidecar's", () => {
    const httpHeaders = [{ name: "X-A", value: "1" }];
    const probe = { httpGet: { port: 8080, scheme: "HTTPS", httpHeaders }, periodSeconds: 3 };
    expect(probeOf(probe)).toEqual({
      httpGet: { port: 15020, path: "/probe/web/liveness", scheme: "HTTP", httpHeaders },
      periodSeconds: 3,
    });
    expect(probeOf({ httpGet: { port: 8080, scheme: "HTTP", path: "/x" } })).toEqual({
      httpGet: { port: 15020, path: "/probe/web/liveness", scheme: "HTTP" },
    });
  });

  test.each([{ tcpSocket: { port: 9000 } }, { grpc: { port: 9000, service: "a" } }])(
    "%j becomes an HTTP probe",
    (probe) => {
      expect(probeOf({ ...probe, failureThreshold: 2 })).toEqual({
        httpGet: { path: "/probe/web/liveness", port: 15020 },
        failureThreshold: 2,
      });
    },
  );

  test("probes of restartable init containers are rewritten, of others there are none that matter", () => {
    const probe = { tcpSocket: { port: 7000 } };
    const init = (restartPolicy: string | null) =>
      containerOf(
        injected(
          aPod(
            appmesh({ ports: "7000" }),
            withSpec({ initContainers: [aContainer("side", { restartPolicy, startupProbe: probe })] }),
          ),
        ).pod,
        "side",
      )?.["startupProbe"];
    expect(init("Always")).toEqual({ httpGet: { path: "/probe/side/startup", port: 15020 } });
    expect(init(null)).toEqual(probe);
  });

  test("nothing is rewritten where no inbound traffic is captured", () => {
    const probe = { tcpSocket: { port: 9000 } };
    const pod = aPod(
      withContainers(aContainer("web", { ports: PORTS, livenessProbe: probe })),
      annotated({ "appmesh.k8s.aws/ports": "" }),
    );
    expect(containerOf(injected(pod).pod, "web")?.["livenessProbe"]).toEqual(probe);
  });
});
