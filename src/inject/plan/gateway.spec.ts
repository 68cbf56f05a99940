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
  volumesOf,
  withContainers,
  withSpec,
} from "../../../test/pods.ts";
import type { ConfigurationInput } from "../../config/schema.ts";
import { type JsonObject, listOf, objectsOf } from "../../model/json.ts";
import { STOP_DELAY_KEY } from "../../model/names.ts";
import { applyPatch } from "../json-patch.ts";
import { uninject } from "../record/uninject.ts";

function gateway(members: JsonObject = {}, configuration: ConfigurationInput = {}, ...changes: readonly PodChange[]) {
  const containers = withContainers(aContainer("helper"), aContainer("envoy", members));
  const surroundings: Surroundings = { virtualGateways: [aNode("edge")], configuration };
  const { pod, result } = injected(aPod(labelled({ app: "edge" }), containers, ...changes), surroundings);
  expect(result.outcome, result.message).toBe("inject");
  return { pod, result, envoy: containerOf(pod, "envoy") as JsonObject, volumes: volumesOf(pod) };
}

describe("the envoy container of a gateway's pod", () => {
  test("is filled in where it stands, and no other container is added", () => {
    const { pod, envoy } = gateway();
    expect(namesOf(pod)).toEqual(["helper", "envoy"]);
    expect(envoy["image"]).toBe("docker.io/envoyproxy/envoy:distroless-v1.40.0");
    expect(listOf(envoy["args"])[0]).toBe("--config-yaml");
    expect(envoy["readinessProbe"]).toMatchObject({ httpGet: { path: "/ready", port: 15020 } });
    expect(envoy["volumeMounts"]).toEqual([
      { name: "outrigger-identity", mountPath: "/var/run/outrigger", readOnly: true },
    ]);
    expect(containerOf(pod, "helper")).toEqual(aContainer("helper"));
  });

  test("keeps its image when asked, or when it is the right one already", () => {
    const keep = appmesh({ virtualGatewaySkipImageOverride: "enabled" });
    expect(gateway({}, {}, keep).envoy["image"]).toBe("example/envoy:1");
    const right = gateway({ image: "example/right:1" }, { proxy: { image: "example/right:1" } });
    expect(JSON.stringify(right.pod)).not.toContain('\\"replaced\\":{\\"');
  });

  test("keeps its probe, its pull policy and its variables", () => {
    const own = {
      readinessProbe: { tcpSocket: { port: 8088 } },
      imagePullPolicy: "Never",
      env: [{ name: "OWN", value: "1" }],
    };
    const { envoy } = gateway(own, { proxy: { imagePullPolicy: "Always" } });
    expect(envoy).toMatchObject({ readinessProbe: own.readinessProbe, imagePullPolicy: "Never" });
    expect(objectsOf(envoy["env"])[0]).toEqual({ name: "OWN", value: "1" });
  });

  test("gets a pull policy where it has none and one is configured", () => {
    expect(gateway({}, { proxy: { imagePullPolicy: "Always" } }).envoy["imagePullPolicy"]).toBe("Always");
    expect(gateway().envoy).not.toHaveProperty("imagePullPolicy");
  });

  test("is named as a gateway in its bootstrap", () => {
    expect(JSON.parse(listOf(gateway().envoy["args"])[1] as string)).toMatchObject({
      node: { id: "mesh/test-mesh/virtualGateway/edge_shop" },
    });
  });

  test("has probes of its own that nobody rewrites", () => {
    const livenessProbe = { tcpSocket: { port: 8088 } };
    const members = { ports: [{ containerPort: 8088 }], livenessProbe };
    expect(gateway(members, {}, appmesh({ ports: "8088" })).envoy["livenessProbe"]).toEqual(livenessProbe);
  });
});

describe("a liveness probe", () => {
  const livenessProbe = { tcpSocket: { port: 8088 }, periodSeconds: 1 };
  const held = { httpGet: { path: "/ready", port: 15020 }, periodSeconds: 1, failureThreshold: 180 };

  test("waits for the first configuration, as without one Envoy answers nothing", () => {
    const { pod, envoy } = gateway({ livenessProbe });
    expect(envoy).toMatchObject({ livenessProbe, startupProbe: held });
    expect(containerOf(applyPatch(pod, uninject(pod).patch), "envoy")).toEqual(aContainer("envoy", { livenessProbe }));
  });

  test("leaves a start-up probe that is there", () => {
    const startupProbe = { tcpSocket: { port: 8088 }, failureThreshold: 3 };
    expect(gateway({ livenessProbe, startupProbe }).envoy["startupProbe"]).toEqual(startupProbe);
  });

  test.each<[string, JsonObject, ConfigurationInput]>([
    ["there is none", {}, {}],
    ["AWS's image answers for itself", { livenessProbe }, { flavor: "aws" }],
  ])("adds no start-up probe where %s", (_, members, configuration) => {
    expect(gateway(members, configuration).envoy).not.toHaveProperty("startupProbe");
  });
});

describe("what a gateway's Envoy does before it is told to stop", () => {
  const preStop = (seconds: number): JsonObject => ({ preStop: { sleep: { seconds } } });

  test("is to serve for the time of the setting, as much of it as the pod has; no other container waits", () => {
    expect(gateway().envoy["lifecycle"]).toEqual(preStop(20));
    expect(gateway({}, { proxy: { preStopDelaySeconds: 12 } }).envoy["lifecycle"]).toEqual(preStop(12));
    expect(gateway({}, {}, withSpec({ terminationGracePeriodSeconds: 5 })).envoy["lifecycle"]).toEqual(preStop(5));
    expect(gateway({}, { proxy: { preStopDelaySeconds: 0 } }).envoy).not.toHaveProperty("lifecycle");
    expect(containerOf(gateway().pod, "helper")).not.toHaveProperty("lifecycle");
  });

  test("is the annotation's delay where the pod has that, none included", () => {
    expect(gateway({}, {}, annotated({ [STOP_DELAY_KEY]: "7" })).envoy["lifecycle"]).toEqual(preStop(7));
    expect(gateway({}, {}, annotated({ [STOP_DELAY_KEY]: "0" })).envoy).not.toHaveProperty("lifecycle");
  });

  test("stays what it was where it has a hook of its own, beside one for its start, and in the flavor aws, which drains by itself", () => {
    const own = { preStop: { httpGet: { path: "/", port: 1 } } };
    expect(gateway({ lifecycle: own }).envoy["lifecycle"]).toEqual(own);
    const postStart = { httpGet: { path: "/", port: 1 } };
    expect(gateway({ lifecycle: { postStart } }).envoy["lifecycle"]).toEqual({ postStart, ...preStop(20) });
    expect(gateway({}, { flavor: "aws" }).envoy).not.toHaveProperty("lifecycle");
  });
});

describe("a probe by a command", () => {
  const curl = { exec: { command: ["sh", "-c", "curl -s http://localhost:9901/server_info | grep -q LIVE"] } };
  const probed = { livenessProbe: { ...curl, periodSeconds: 7 } };

  test("that asks the admin interface asks the status listener instead, and comes back", () => {
    const { pod, envoy } = gateway(probed);
    expect(envoy["livenessProbe"]).toEqual({ httpGet: { path: "/ready", port: 15020 }, periodSeconds: 7 });
    const restored = applyPatch(pod, uninject(pod).patch);
    expect(containerOf(restored, "envoy")).toEqual(aContainer("envoy", probed));
  });

  test.each([
    ["the image is the user's own", {}, appmesh({ virtualGatewaySkipImageOverride: "enabled" })],
    ["the flavor is AWS's", { flavor: "aws" } as const, appmesh({})],
  ])("stays where %s", (_, configuration, annotations) => {
    expect(gateway(probed, configuration, annotations).envoy["livenessProbe"]).toEqual(probed.livenessProbe);
  });

  test("another one stays where the configured image may have it", () => {
    const other = { livenessProbe: { exec: { command: ["alive"] } } };
    expect(gateway(other, { proxy: { image: "example/own:1" } }).envoy["livenessProbe"]).toEqual(other.livenessProbe);
  });

  test.each(["19901", "99011"])("of port %s is another one", (port) => {
    const other = { readinessProbe: { exec: { command: ["curl", `localhost:${port}`] } } };
    const configuration = { proxy: { image: "example/own:1" } };
    expect(gateway(other, configuration).envoy["readinessProbe"]).toEqual(other.readinessProbe);
  });
});

describe("in the aws flavor", () => {
  const aws = { flavor: "aws" } as const;

  test("everything is said by environment, on the admin port", () => {
    const { envoy, volumes } = gateway({}, aws);
    expect(envoy).not.toHaveProperty("args");
    expect(envOf(envoy)["APPMESH_RESOURCE_ARN"]).toBe("mesh/test-mesh/virtualGateway/edge_shop");
    expect(envoy["readinessProbe"]).toMatchObject({ httpGet: { path: "/ready", port: 9901 } });
    expect(volumes).toEqual([]);
  });

  test("a variable with another value is added again, where it wins, and it is said", () => {
    const { envoy, result } = gateway({ env: [{ name: "ENVOY_LOG_LEVEL", value: "trace" }] }, aws);
    expect(objectsOf(envoy["env"]).filter(({ name }) => name === "ENVOY_LOG_LEVEL")).toEqual([
      { name: "ENVOY_LOG_LEVEL", value: "trace" },
      { name: "ENVOY_LOG_LEVEL", value: "info" },
    ]);
    expect(result.warnings).toContain("ENVOY_LOG_LEVEL of container envoy has no effect: the injector sets it");
  });

  test("a variable that is right already is not added again, and nothing is said", () => {
    const { envoy, result } = gateway({ env: [{ value: "info", name: "ENVOY_LOG_LEVEL" }] }, aws);
    expect(objectsOf(envoy["env"]).filter(({ name }) => name === "ENVOY_LOG_LEVEL")).toHaveLength(1);
    expect(result.warnings).toEqual([]);
  });
});

test("fsGroup and the Cloud Map gate are not for gateways", () => {
  const { pod } = gateway({}, { proxy: { fsGroup: 1337 }, cloudMapReadinessGate: true });
  expect(pod["spec"]).not.toHaveProperty("securityContext");
  expect(pod["spec"]).not.toHaveProperty("readinessGates");
});

test("kubectl's default container is the gateway's own business", () => {
  expect(JSON.stringify(gateway().pod)).not.toContain("kubectl.kubernetes.io/default-container");
});

test("the SDS socket is mounted once, also where the gateway mounts it itself", () => {
  const sds = { sds: { enabled: true, udsPath: "/run/agent.sock" } };
  const ours = { name: "appmesh-sds-socket-volume", mountPath: "/run/agent.sock" };
  expect(gateway({}, sds).envoy["volumeMounts"]).toContainEqual(ours);
  const own = { name: "own", mountPath: "/run/agent.sock" };
  expect(gateway({ volumeMounts: [own] }, sds).envoy["volumeMounts"]).toEqual([
    own,
    { name: "outrigger-identity", mountPath: "/var/run/outrigger", readOnly: true },
  ]);
});

describe("annotations that do nothing to a gateway's pod are said, each by its own key", () => {
  const warnings = (annotations: JsonObject, configuration: ConfigurationInput = {}) =>
    gateway({}, configuration, appmesh(annotations)).result.warnings;

  test.each(["cpuRequest", "memoryRequest", "cpuLimit", "memoryLimit"])("%s", (name) => {
    const warning = `annotation appmesh.k8s.aws/${name} has no effect: a gateway's container sets its own resources`;
    expect(warnings({ [name]: "1Gi" })).toEqual([warning]);
    expect(warnings({ [name]: "1Gi" }, { tracing: { provider: "xray" } })).not.toContain(warning);
  });

  test.each([
    ["sidecarEnv", "A=b"],
    ["sidecarEnvJson", '[{"A":"b"}]'],
  ])("%s", (name, value) => {
    expect(warnings({ [name]: value })).toEqual([
      `annotation appmesh.k8s.aws/${name} has no effect: the pod is a virtual gateway, its container envoy is the user's own`,
    ]);
  });
});
