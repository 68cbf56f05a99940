import { describe, expect, test } from "vitest";
import {
  aContainer,
  aNode,
  annotated,
  aPod,
  appmesh,
  containerOf,
  envOf,
  injected,
  labelled,
  namesOf,
  type PodChange,
  type Surroundings,
  withContainers,
  withSpec,
} from "../../../test/pods.ts";
import type { Capture } from "../decision.ts";
import { formatPorts, isCaptured } from "./capture.ts";

const FARGATE = "eks.amazonaws.com/fargate-profile";
const tcp = (...ports: readonly number[]) => ({ ports: ports.map((containerPort) => ({ containerPort })) });

function captureOf(change: PodChange, surroundings: Surroundings = {}): Capture {
  const { settings, message } = injected(aPod(change), surroundings).result;
  if (settings === undefined) throw new Error(message);
  return settings.capture;
}

const portsOf = (change: PodChange, surroundings: Surroundings = {}) =>
  formatPorts(captureOf(change, surroundings).ports);

describe("inbound ports are", () => {
  const web = labelled({ app: "web" });
  const listeners = { virtualNodes: [aNode("web", { listenerPorts: [8080, 9090, 8080] })] };

  test.each<[string, PodChange, Surroundings, string]>([
    ["the annotation's, in its order", appmesh({ ports: "8443, 8080,8443" }), {}, "8443,8080"],
    ["the annotation's range", appmesh({ ports: "8000:8010" }), {}, "8000:8010"],
    ["the annotation's before the listeners", (pod) => web(appmesh({ ports: "7000" })(pod)), listeners, "7000"],
    ["none, if the annotation is empty", appmesh({ ports: "" }), {}, ""],
    ["none, if the annotation is 0", appmesh({ ports: "0" }), {}, ""],
    ["the listeners' before the declared ones, each once", web, listeners, "8080,9090"],
    ["the declared ones where the node has no listeners", web, { virtualNodes: [aNode("web")] }, "80"],
    [
      "those of all containers, each once",
      withContainers(aContainer("a", tcp(80, 81)), aContainer("b", tcp(80))),
      {},
      "80,81",
    ],
    [
      "TCP only",
      withContainers(
        aContainer("a", {
          ports: [
            { containerPort: 80, protocol: "TCP" },
            { containerPort: 53, protocol: "UDP" },
            { containerPort: 9, protocol: "SCTP" },
          ],
        }),
      ),
      {},
      "80",
    ],
    [
      "those of native sidecars too",
      withSpec({ initContainers: [aContainer("s", { restartPolicy: "Always", ...tcp(81) })] }),
      {},
      "81,80",
    ],
    ["not those of init containers that end", withSpec({ initContainers: [aContainer("s", tcp(81))] }), {}, "80"],
    ["not what is no port", withContainers(aContainer("a", { ports: [{ containerPort: null }, null, {}] })), {}, ""],
  ])("%s", (_name, change, surroundings, ports) => {
    expect(portsOf(change, surroundings)).toBe(ports);
  });

  test("none with a warning, when the pod declares none", () => {
    const { result } = injected(aPod(withContainers(aContainer("a"))));
    expect(result.outcome).toBe("inject");
    expect(result.warnings).toContainEqual(expect.stringContaining("no inbound port goes through Envoy"));
  });

  test("none without a warning, when the annotation says so", () => {
    const { result } = injected(aPod(withContainers(aContainer("a")), appmesh({ ports: "" })));
    expect(result.warnings.join()).not.toContain("no inbound port");
  });
});

describe("egress exceptions are", () => {
  test("the configured ones by default: port 22 and the metadata services of both families", () => {
    expect(captureOf((pod) => pod)).toMatchObject({
      ignoredPorts: [{ first: 22, last: 22 }],
      ignoredIps: ["169.254.169.254", "169.254.170.23", "fd00:ec2::254", "fd00:ec2::23"],
      ipv6: true,
    });
  });

  test("the annotations', instead of them", () => {
    const change = appmesh({ egressIgnoredPorts: "3306, 5432", egressIgnoredIPs: "10.0.0.0/8, fd00::1" });
    expect(captureOf(change)).toMatchObject({
      ignoredPorts: [
        { first: 3306, last: 3306 },
        { first: 5432, last: 5432 },
      ],
      ignoredIps: ["10.0.0.0/8", "fd00::1"],
    });
  });

  test("none, when the annotations are empty", () => {
    expect(captureOf(appmesh({ egressIgnoredPorts: "", egressIgnoredIPs: "" }))).toMatchObject({
      ignoredPorts: [],
      ignoredIps: [],
    });
  });
});

describe("IPv6 is captured", () => {
  test.each([
    [undefined, true, true],
    [undefined, false, false],
    ["disabled", true, false],
    ["enabled", false, true],
    ["off", true, true],
  ])("annotation %s over configuration %s: %s", (annotation, configured, expected) => {
    const change = annotation === undefined ? (pod: Parameters<PodChange>[0]) => pod : appmesh({ ipv6: annotation });
    expect(captureOf(change, { configuration: { capture: { ipv6: configured } } }).ipv6).toBe(expected);
  });
});

describe("the mode is", () => {
  const both =
    (first: PodChange, second: PodChange): PodChange =>
    (pod) =>
      second(first(pod));

  test.each<[string, PodChange, "init" | "cni"]>([
    ["init by default", (pod) => pod, "init"],
    ["cni by annotation", appmesh({ appmeshCNI: "Enabled" }), "cni"],
    ["cni on Fargate", labelled({ [FARGATE]: "fp1" }), "cni"],
    ["init on Fargate with an empty profile", labelled({ [FARGATE]: "" }), "init"],
    [
      "init on Fargate by annotation",
      both(labelled({ [FARGATE]: "fp1" }), appmesh({ appmeshCNI: "disabled" })),
      "init",
    ],
    [
      "init on Fargate by any other annotation",
      both(labelled({ [FARGATE]: "fp1" }), appmesh({ appmeshCNI: "" })),
      "init",
    ],
    ["init where the label is an annotation", annotated({ [FARGATE]: "fp1" }), "init"],
  ])("%s", (_name, change, mode) => {
    const { result, pod } = injected(aPod(change));
    expect(result.settings?.capture.mode).toBe(mode);
    expect(namesOf(pod).includes("proxyinit")).toBe(mode === "init");
  });

  test("the configured one otherwise", () => {
    expect(captureOf((pod) => pod, { configuration: { capture: { mode: "cni" } } }).mode).toBe("cni");
  });

  test("none for a gateway, whose traffic is not redirected", () => {
    const gateway = aPod(labelled({ app: "gw" }), withContainers(aContainer("envoy")));
    const { result, pod } = injected(gateway, { virtualGateways: [aNode("gw")] });
    expect(result.settings?.capture).toMatchObject({ mode: "none", ports: [] });
    expect(namesOf(pod)).toEqual(["envoy"]);
  });
});

describe("for the CNI plugin", () => {
  const list = (count: number) => Array.from({ length: count }, (_, index) => index + 8000).join(",");

  test.each([
    ["ports", "8000:8010"],
    ["egressIgnoredPorts", "3306:3310"],
  ])("a range in %s is denied, for the plugin takes single ports", (name, ports) => {
    const { result } = injected(aPod(appmesh({ appmeshCNI: "enabled", [name]: ports })));
    expect(result).toMatchObject({ outcome: "deny", reason: "bad-annotation" });
    expect(result.message).toContain(`${ports} is a range`);
  });

  test.each([
    ["ports", 15, undefined],
    ["ports", 16, "only the first 15 of 16 inbound ports"],
    ["egressIgnoredPorts", 15, undefined],
    ["egressIgnoredPorts", 16, "only the first 15 of 16 ignored egress ports"],
  ])("%s with %i entries", (name, count, warning) => {
    const { result } = injected(aPod(appmesh({ appmeshCNI: "enabled", [name]: list(count) })));
    expect(result.outcome).toBe("inject");
    expect(result.warnings.find((text) => text.includes("CNI plugin"))).toEqual(
      warning === undefined ? undefined : expect.stringContaining(warning),
    );
  });

  test("the ipv6 annotation has no effect, and that is said", () => {
    const { result } = injected(aPod(appmesh({ appmeshCNI: "enabled", ipv6: "disabled" })));
    expect(result.warnings.join()).toContain("ipv6 has no effect with the CNI plugin");
  });

  test("sixteen ports are nothing special for proxyinit", () => {
    const { result, pod } = injected(aPod(appmesh({ ports: list(16) })));
    expect(result.warnings.join()).not.toContain("15");
    expect(envOf(containerOf(pod, "proxyinit"))["APPMESH_APP_PORTS"]).toBe(list(16));
  });
});

describe("for AWS's capture program", () => {
  const aws = { configuration: { capture: { image: "example/aws-appmesh-proxy-route-manager:v7-prod" } } };
  const list = (count: number) => Array.from({ length: count }, (_, index) => index + 8000).join(",");

  test.each([
    [list(15), "inject"],
    [list(16), "deny"],
    [`${list(13)},9000:9010`, "inject"],
    [`${list(14)},9000:9010`, "deny"],
  ])("%s: %s, because one rule holds fifteen", (ports, outcome) => {
    expect(injected(aPod(appmesh({ ports })), aws).result.outcome).toBe(outcome);
  });

  test("the denial tells both numbers and the way out", () => {
    const { reason, message } = injected(aPod(appmesh({ ports: list(16) })), aws).result;
    expect(reason).toBe("too-many-ports");
    expect(message).toContain("16 inbound ports");
    expect(message).toContain("at most 15");
  });

  test("the image's name decides, unless the configuration says", () => {
    const ports = appmesh({ ports: list(16) });
    for (const [capture, outcome] of [
      [{ image: "example/aws-appmesh-proxy-route-manager@sha256:0" }, "deny"],
      [{ image: "example/my-aws-appmesh-proxy-route-manager:1" }, "inject"],
      [{ image: "example/aws-appmesh-proxy-route-manager:v7", program: "outrigger" }, "inject"],
      [{ image: "example/mirror:1", program: "aws" }, "deny"],
    ] as const)
      expect(injected(aPod(ports), { configuration: { capture } }).result.outcome).toBe(outcome);
  });
});

test.each([
  [7999, false],
  [8000, true],
  [8010, true],
  [8011, false],
])("port %i lies in 8000:8010: %s", (port, inside) => {
  const capture: Capture = {
    mode: "init",
    ports: [{ first: 8000, last: 8010 }],
    ignoredPorts: [],
    ignoredIps: [],
    ipv6: true,
  };
  expect(isCaptured(capture, port)).toBe(inside);
});
