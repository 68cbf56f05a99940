import { describe, expect, test } from "vitest";
import {
  aContainer,
  aPod,
  appmesh,
  containerOf,
  envOf,
  initContainersOf,
  injected,
  withSpec,
} from "../../../test/pods.ts";
import type { ConfigurationInput } from "../../config/schema.ts";
import type { JsonObject } from "../../model/json.ts";

const ROUTE_MANAGER = "840364872350.dkr.ecr.us-west-2.amazonaws.com/aws-appmesh-proxy-route-manager";

function proxyinit(capture: ConfigurationInput["capture"] = {}, annotations: JsonObject = {}): JsonObject {
  const container = containerOf(injected(aPod(appmesh(annotations)), { configuration: { capture } }).pod, "proxyinit");
  return container as JsonObject;
}

test("comes behind Envoy and before the pod's own init containers", () => {
  const { pod } = injected(aPod(withSpec({ initContainers: [aContainer("own")] })));
  expect(initContainersOf(pod).map(({ name }) => name)).toEqual(["envoy", "proxyinit", "own"]);
});

test("has the environment of App Mesh's route manager, in its order", () => {
  const container = proxyinit(
    {},
    { ports: "80,8000:8010", egressIgnoredPorts: "22,3306", egressIgnoredIPs: "10.0.0.0/8" },
  );
  expect(Object.entries(envOf(container))).toEqual([
    ["APPMESH_START_ENABLED", "1"],
    ["APPMESH_IGNORE_UID", "1337"],
    ["APPMESH_ENVOY_INGRESS_PORT", "15000"],
    ["APPMESH_ENVOY_EGRESS_PORT", "15001"],
    ["APPMESH_APP_PORTS", "80,8000:8010"],
    ["APPMESH_EGRESS_IGNORED_IP", "10.0.0.0/8"],
    ["APPMESH_EGRESS_IGNORED_PORTS", "22,3306"],
    ["APPMESH_ENABLE_IPV6", "1"],
    ["OUTRIGGER_CAPTURE_BACKEND", "nft"],
  ]);
});

test("ignores the configured addresses and ports where the pod says nothing", () => {
  expect(envOf(proxyinit({ ignoredIps: ["192.0.2.1"], ignoredPorts: [25, 26] }))).toMatchObject({
    APPMESH_EGRESS_IGNORED_IP: "192.0.2.1",
    APPMESH_EGRESS_IGNORED_PORTS: "25,26",
  });
});

test("is told whether IPv6 is captured", () => {
  expect(envOf(proxyinit({ ipv6: false }))["APPMESH_ENABLE_IPV6"]).toBe("0");
  expect(envOf(proxyinit({}, { ipv6: "disabled" }))["APPMESH_ENABLE_IPV6"]).toBe("0");
});

test("is told the user that Envoy runs as", () => {
  const { pod } = injected(aPod(), { configuration: { proxy: { uid: 2000 } } });
  expect(envOf(containerOf(pod, "proxyinit"))["APPMESH_IGNORE_UID"]).toBe("2000");
});

describe("Outrigger's own image", () => {
  test("is of this release, takes the command and one capability", () => {
    expect(proxyinit()).toMatchObject({
      image: "docker.io/outrigger/outrigger:1.2.3",
      args: ["capture", "--wait-for-envoy=180", "--admin-port=9901"],
    });
    expect(proxyinit()["securityContext"]).toEqual({
      allowPrivilegeEscalation: false,
      capabilities: { add: ["NET_ADMIN"], drop: ["ALL"] },
      privileged: false,
      readOnlyRootFilesystem: true,
      runAsGroup: 0,
      runAsNonRoot: false,
      runAsUser: 0,
      seccompProfile: { type: "RuntimeDefault" },
    });
  });

  test("with legacy iptables opens a raw socket", () => {
    const container = proxyinit({ backend: "legacy" });
    expect(container).toMatchObject({
      securityContext: { capabilities: { add: ["NET_ADMIN", "NET_RAW"], drop: ["ALL"] } },
    });
    expect(envOf(container)["OUTRIGGER_CAPTURE_BACKEND"]).toBe("legacy");
  });
});

describe("AWS's image", () => {
  test.each([
    `${ROUTE_MANAGER}:v7-prod`,
    ROUTE_MANAGER,
    `${ROUTE_MANAGER}@sha256:abc`,
    "aws-appmesh-proxy-route-manager",
  ])("%s is recognised by its name: no command, root, NET_ADMIN", (image) => {
    const container = proxyinit({ image });
    expect(container).toMatchObject({ image });
    expect(container).not.toHaveProperty("args");
    expect(container["securityContext"]).toEqual({
      runAsUser: 0,
      runAsNonRoot: false,
      capabilities: { add: ["NET_ADMIN"] },
    });
    expect(envOf(container)).not.toHaveProperty("OUTRIGGER_CAPTURE_BACKEND");
  });

  test.each([`${ROUTE_MANAGER}-fork:v1`, "example/not-aws-appmesh-proxy-route-manager:1"])(
    "%s is another one",
    (image) => {
      expect(proxyinit({ image })).toMatchObject({ image, args: ["capture"] });
    },
  );

  test("the program can be said where the name does not say it", () => {
    expect(proxyinit({ image: "mirror.example/init:1", program: "aws" })).not.toHaveProperty("args");
    expect(proxyinit({ image: `${ROUTE_MANAGER}:v7`, program: "outrigger" })).toHaveProperty("args");
  });
});

test("the pull policy is the cluster's default, or the configured one", () => {
  expect(proxyinit()).not.toHaveProperty("imagePullPolicy");
  expect(proxyinit({ imagePullPolicy: "Always" })).toMatchObject({ imagePullPolicy: "Always" });
});

test("the CNI plugin takes its place", () => {
  expect(
    containerOf(injected(aPod(), { configuration: { capture: { mode: "cni" } } }).pod, "proxyinit"),
  ).toBeUndefined();
});
