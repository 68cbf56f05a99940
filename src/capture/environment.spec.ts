import { describe, expect, test } from "vitest";
import type { Environment } from "../model/environment.ts";
import { formatBlock } from "./address-block.ts";
import { CaptureError } from "./capture-error.ts";
import { readBackend, readSettings } from "./environment.ts";
import { formatRanges } from "./port-ranges.ts";

const INJECTED: Environment = {
  APPMESH_START_ENABLED: "1",
  APPMESH_IGNORE_UID: "1337",
  APPMESH_ENVOY_INGRESS_PORT: "15000",
  APPMESH_ENVOY_EGRESS_PORT: "15001",
  APPMESH_APP_PORTS: "80",
  APPMESH_EGRESS_IGNORED_IP: "169.254.169.254",
  APPMESH_EGRESS_IGNORED_PORTS: "22",
  APPMESH_ENABLE_IPV6: "1",
  OUTRIGGER_CAPTURE_BACKEND: "nft",
};

function problemsOf(environment: Environment): string {
  try {
    readSettings(environment);
  } catch (error) {
    expect(error).toBeInstanceOf(CaptureError);
    expect((error as CaptureError).code).toBe("invalid");
    return (error as CaptureError).message;
  }
  throw new Error("the environment was accepted");
}

test("the environment of an injected pod is read", () => {
  expect(readSettings(INJECTED)).toEqual({
    backend: "nft",
    enabled: true,
    ignoredUid: 1337,
    ignoredGid: undefined,
    egressPort: 15001,
    ingressPort: 15000,
    appPorts: [{ first: 80, last: 80 }],
    ignoredAddresses: [{ family: "ipv4", bits: 0xa9fea9fen, prefix: 32 }],
    ignoredPorts: [{ first: 22, last: 22 }],
    ipv6: true,
    notes: [],
  });
});

describe("what is not set", () => {
  const least = { APPMESH_IGNORE_GID: "1338", APPMESH_ENVOY_EGRESS_PORT: "15001" };

  test("leaves the defaults of App Mesh's program, and metadata and pod identity exempt", () => {
    const settings = readSettings(least);
    expect(settings).toMatchObject({
      backend: "nft",
      enabled: false,
      ipv6: false,
      appPorts: [],
      ingressPort: undefined,
    });
    expect(settings.ignoredAddresses.map(formatBlock)).toEqual([
      "169.254.169.254/32",
      "169.254.170.23/32",
      "fd00:ec2::254/128",
      "fd00:ec2::23/128",
    ]);
    expect(formatRanges(settings.ignoredPorts)).toBe("22");
  });

  test("is another thing than what is set and empty", () => {
    expect(readSettings({ ...least, APPMESH_EGRESS_IGNORED_IP: "" }).ignoredAddresses).toEqual([]);
  });

  test("is said when nothing is redirected because of it", () => {
    expect(readSettings({ ...INJECTED, APPMESH_START_ENABLED: "" }).notes).toEqual([
      expect.stringContaining("APPMESH_START_ENABLED is 0"),
    ]);
  });
});

describe("port 22", () => {
  test.each([
    ["", "22"],
    ["3306", "3306,22"],
    ["22", "22"],
    ["1:100", "1:100"],
  ])("is exempt once with the list %j", (list, expected) => {
    expect(formatRanges(readSettings({ ...INJECTED, APPMESH_EGRESS_IGNORED_PORTS: list }).ignoredPorts)).toBe(expected);
  });
});

describe("the sidecar's own ports", () => {
  test("are never redirected to the sidecar, and that is said", () => {
    const settings = readSettings({ ...INJECTED, APPMESH_APP_PORTS: "80,15000:15030" });
    expect(formatRanges(settings.appPorts)).toBe("80,15002:15019,15021:15030");
    expect(settings.notes).toEqual([15000, 15001, 15020].map((port) => expect.stringContaining(`port ${port} `)));
  });

  test("are those of the environment", () => {
    const settings = readSettings({
      ...INJECTED,
      APPMESH_APP_PORTS: "16001,16000",
      APPMESH_ENVOY_EGRESS_PORT: "16001",
    });
    expect(formatRanges(settings.appPorts)).toBe("16000");
  });
});

test("addresses that mean the same are taken once", () => {
  const settings = readSettings({
    ...INJECTED,
    APPMESH_EGRESS_IGNORED_IP: "10.0.0.1,10.0.0.1/32,10.0.0.2/8,10.0.0.0/8",
  });
  expect(settings.ignoredAddresses.map(formatBlock)).toEqual(["10.0.0.1/32", "10.0.0.0/8"]);
});

test("an IPv6 address without IPv6 is said to have no effect", () => {
  const settings = readSettings({
    ...INJECTED,
    APPMESH_EGRESS_IGNORED_IP: "fd00::1,10.0.0.1",
    APPMESH_ENABLE_IPV6: "0",
  });
  expect(settings.notes).toEqual([expect.stringContaining("fd00::1/128 of APPMESH_EGRESS_IGNORED_IP has no effect")]);
});

describe("a value is refused, with its variable, the value, its place and what was expected:", () => {
  test.each([
    ["APPMESH_START_ENABLED", "yes", 'found "yes", expected 0 or 1'],
    ["APPMESH_ENABLE_IPV6", "2", 'found "2", expected 0 or 1'],
    ["APPMESH_IGNORE_UID", "envoy", 'found "envoy", expected the number of a user or group from 0 to 4294967294'],
    ["APPMESH_IGNORE_UID", "4294967295", 'found "4294967295", expected'],
    ["APPMESH_IGNORE_UID", "-1", 'found "-1", expected'],
    ["APPMESH_IGNORE_GID", "0x10", 'found "0x10", expected'],
    ["APPMESH_ENVOY_EGRESS_PORT", "0", 'found "0", expected a port from 1 to 65535'],
    ["APPMESH_ENVOY_EGRESS_PORT", "65536", 'found "65536", expected a port'],
    ["APPMESH_ENVOY_INGRESS_PORT", "1.5", 'found "1.5", expected a port'],
    ["APPMESH_APP_PORTS", "80,http", 'entry 2 is "http", expected a port from 1 to 65535 or a range'],
    ["APPMESH_APP_PORTS", "80,,443", 'entry 2 is "", expected a port'],
    ["APPMESH_APP_PORTS", "90:80", 'entry 1 is "90:80", but a range goes from the lower'],
    ["APPMESH_APP_PORTS", "80\n-A OUTPUT -j DROP", 'entry 1 is "80?-A OUTPUT -j DROP", expected a port'],
    ["APPMESH_EGRESS_IGNORED_PORTS", "22,70000", 'entry 2 is "70000", but ports end at 65535'],
    ["APPMESH_EGRESS_IGNORED_IP", "10.0.0.1,10.0.0.0/33", 'entry 2 is "10.0.0.0/33", expected an IPv4 or IPv6 address'],
    ["APPMESH_EGRESS_IGNORED_IP", "fe80::1%eth0", 'entry 1 is "fe80::1%eth0", expected'],
    ["OUTRIGGER_CAPTURE_BACKEND", "nftables", 'found "nftables", expected nft or legacy'],
  ])("%s=%j", (name, value, expected) => {
    expect(problemsOf({ ...INJECTED, [name]: value })).toContain(`${name}: ${expected}`);
  });

  test("a list of more entries than a pod can use", () => {
    const ports = Array.from({ length: 1025 }, (_, index) => index + 1).join(",");
    expect(problemsOf({ ...INJECTED, APPMESH_APP_PORTS: ports })).toContain(
      "it has 1025 entries, expected at most 1024",
    );
  });

  test("all at once", () => {
    const message = problemsOf({
      ...INJECTED,
      APPMESH_APP_PORTS: "a",
      APPMESH_ENABLE_IPV6: "b",
      APPMESH_IGNORE_UID: "c",
    });
    expect(message.split("\n")).toHaveLength(4);
    expect(message).toMatch(/^3 values of the environment cannot be used, so nothing was changed:/);
  });
});

describe("what Envoy needs is missing:", () => {
  test.each([
    ["neither user nor group", { APPMESH_IGNORE_UID: "" }, "neither is APPMESH_IGNORE_GID"],
    ["no outbound port", { APPMESH_ENVOY_EGRESS_PORT: "" }, "APPMESH_ENVOY_EGRESS_PORT: it is not set"],
    ["no inbound port for inbound capture", { APPMESH_ENVOY_INGRESS_PORT: " " }, 'but APPMESH_APP_PORTS is "80"'],
  ])("%s", (_, change, expected) => {
    expect(problemsOf({ ...INJECTED, ...change })).toContain(expected);
  });

  test("an inbound port is not missed without inbound capture", () => {
    const environment = { ...INJECTED, APPMESH_ENVOY_INGRESS_PORT: "", APPMESH_APP_PORTS: "" };
    expect(readSettings(environment).appPorts).toEqual([]);
  });
});

test("removing needs the back end only", () => {
  expect(readBackend({})).toBe("nft");
  expect(readBackend({ OUTRIGGER_CAPTURE_BACKEND: "legacy" })).toBe("legacy");
  expect(() => readBackend({ OUTRIGGER_CAPTURE_BACKEND: "ebpf" })).toThrow('found "ebpf", expected nft or legacy');
});
