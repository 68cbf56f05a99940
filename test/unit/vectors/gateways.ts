import type { ConfigurationInput } from "../../../src/config/schema.ts";
import { type JsonObject, objectsOf } from "../../../src/model/json.ts";
import {
  aContainer,
  aNode,
  aPod,
  appmesh,
  containerOf,
  labelled,
  type PodChange,
  type Surroundings,
  withContainers,
  withSpec,
} from "../../pods.ts";
import { CONTROLLER_SETTINGS } from "./programs.ts";
import { decision, differs, env, names, part, same, spec, type Vector } from "./vector.ts";

const topic = "Virtual gateways";
const gateway = (members: JsonObject = {}, ...changes: readonly PodChange[]) =>
  aPod(labelled({ app: "gw" }), withContainers(aContainer("envoy", members)), ...changes);
const around = (configuration: ConfigurationInput = {}): Surroundings => ({
  virtualGateways: [aNode("gw", { awsName: "my-vg_my-ns", meshRef: "my-mesh" })],
  configuration: { ...CONTROLLER_SETTINGS, ...configuration },
});
const probe = { httpGet: { path: "/mine", port: 8810 }, initialDelaySeconds: 20, periodSeconds: 30 };
const SOCKET = "/run/spire/sockets/agent.sock";
const sdsVolume = { name: "appmesh-sds-socket-volume", hostPath: { path: SOCKET, type: "Socket" } };

function variables(id: string, given: string, configuration: ConfigurationInput, expected: Record<string, string>) {
  return same(
    topic,
    `virtualGatewayEnvoy: ${id}`,
    `a gateway's pod: ${given}`,
    Object.entries(expected)
      .map(([name, value]) => `${name}=${value}`)
      .join(", "),
    {
      pod: gateway(),
      surroundings: around(configuration),
      observe: env("envoy", ...Object.keys(expected)),
      expected,
    },
  );
}

/** The controller's unit tests of virtual gateway pods. */
export const GATEWAYS: readonly Vector[] = [
  variables(
    "env append",
    "only a container envoy",
    {},
    {
      APPMESH_RESOURCE_ARN: "mesh/my-mesh/virtualGateway/my-vg_my-ns",
      APPMESH_VIRTUAL_NODE_NAME: "mesh/my-mesh/virtualGateway/my-vg_my-ns",
      APPMESH_PREVIEW: "0",
      AWS_REGION: "us-west-2",
      ENVOY_LOG_LEVEL: "debug",
      ENVOY_ADMIN_ACCESS_PORT: "9901",
    },
  ),
  variables(
    "X-Ray",
    "X-Ray",
    { tracing: { provider: "xray" } },
    { ENABLE_ENVOY_XRAY_TRACING: "1", XRAY_DAEMON_PORT: "2000", XRAY_SAMPLING_RATE: "0.05" },
  ),
  variables(
    "Jaeger",
    "Jaeger",
    { tracing: { provider: "jaeger", address: "jaeger-collector.system", port: 80 } },
    { JAEGER_TRACER_ADDRESS: "jaeger-collector.system", JAEGER_TRACER_PORT: "80" },
  ),
  variables("statsd", "statsd", { stats: { statsd: true } }, { ENABLE_ENVOY_DOG_STATSD: "1", STATSD_PORT: "8125" }),
  variables("Datadog", "Datadog", { tracing: { provider: "datadog" } }, { ENABLE_ENVOY_DATADOG_TRACING: "1" }),
  same(topic, "virtualGatewayEnvoy: image stub", "image `injector-envoy-image`", "replaced by the configured one", {
    pod: gateway({ image: "injector-envoy-image" }),
    surroundings: around({ proxy: { ...CONTROLLER_SETTINGS.proxy, image: "envoy:v3" } }),
    observe: part("envoy", "image"),
    expected: "envoy:v3",
  }),
  same(
    topic,
    "virtualGatewayEnvoy: skip override",
    "`virtualGatewaySkipImageOverride: enabled`",
    "the pod's image stays",
    {
      pod: gateway({ image: "envoy:custom_version" }, appmesh({ virtualGatewaySkipImageOverride: "enabled" })),
      surroundings: around(),
      observe: part("envoy", "image"),
      expected: "envoy:custom_version",
    },
  ),
  same(
    topic,
    "virtualGatewayEnvoy: three containers",
    "envoy in the middle of three",
    "only envoy is changed, all stay where they are",
    {
      pod: gateway({}, withContainers(aContainer("a"), aContainer("envoy"), aContainer("b"))),
      surroundings: around(),
      observe: (outcome) => [names(outcome), containerOf(outcome.pod, "a"), containerOf(outcome.pod, "b")],
      expected: [["a", "envoy", "b"], aContainer("a"), aContainer("b")],
    },
  ),
  same(topic, "virtualGatewayEnvoy: existing env", "TEST_ENV of the pod's own", "kept", {
    pod: gateway({ env: [{ name: "TEST_ENV", value: "1" }] }),
    surroundings: around(),
    observe: env("envoy", "TEST_ENV", "APPMESH_PREVIEW"),
    expected: { TEST_ENV: "1", APPMESH_PREVIEW: "0" },
  }),
  differs(
    topic,
    "virtualGatewayEnvoy: duplicates",
    "a gateway's container that sets `APPMESH_PREVIEW` itself",
    "controller: overwritten in place",
    {
      ours: "the pod's entry stays and ours follows it: of two with one name the last counts; with a warning",
      decidedBy: "C10, rule: only additions",
    },
    {
      pod: gateway({ env: [{ name: "APPMESH_PREVIEW", value: "9" }] }),
      surroundings: around(),
      observe: ({ pod }) =>
        objectsOf(containerOf(pod, "envoy")?.["env"]).filter((entry) => entry["name"] === "APPMESH_PREVIEW"),
      expected: [
        { name: "APPMESH_PREVIEW", value: "9" },
        { name: "APPMESH_PREVIEW", value: "0" },
      ],
    },
  ),
  same(topic, "virtualGatewayEnvoy: existing probe", "a readiness probe of the pod's own", "kept", {
    pod: gateway({ readinessProbe: probe }),
    surroundings: around(),
    observe: part("envoy", "readinessProbe"),
    expected: probe,
  }),
  same(topic, "virtualGatewayEnvoy: SDS", "SDS enabled", "variable and volume", {
    pod: gateway(),
    surroundings: around({ sds: { enabled: true } }),
    observe: (outcome) => [env("envoy", "APPMESH_SDS_SOCKET_PATH")(outcome), spec("volumes")(outcome)],
    expected: [{ APPMESH_SDS_SOCKET_PATH: SOCKET }, [sdsVolume]],
  }),
  same(
    topic,
    "virtualGatewayEnvoy: SDS disabled",
    "a gateway's pod, SDS enabled, `sds: disabled` on the pod",
    "neither",
    {
      pod: gateway({}, appmesh({ sds: "disabled" })),
      surroundings: around({ sds: { enabled: true } }),
      observe: (outcome) => [env("envoy", "APPMESH_SDS_SOCKET_PATH")(outcome), spec("volumes")(outcome)],
      expected: [{ APPMESH_SDS_SOCKET_PATH: undefined }, undefined],
    },
  ),
  same(topic, "virtualGatewayEnvoy: SDS volume present", "the pod has the socket's volume", "volumes unchanged", {
    pod: gateway({}, withSpec({ volumes: [sdsVolume] })),
    surroundings: around({ sds: { enabled: true } }),
    observe: spec("volumes"),
    expected: [sdsVolume],
  }),
  differs(
    topic,
    "virtualGatewayEnvoy: SDS mount",
    "a gateway's pod that has the SDS socket's volume",
    "no mount",
    { ours: "the socket is mounted", decidedBy: "C11" },
    {
      pod: gateway({}, withSpec({ volumes: [sdsVolume] })),
      surroundings: around({ sds: { enabled: true } }),
      observe: part("envoy", "volumeMounts"),
      expected: [{ name: "appmesh-sds-socket-volume", mountPath: SOCKET }],
    },
  ),
  differs(
    topic,
    "InjectEnvoyContainerVG: no container envoy",
    "a gateway's pod without a container envoy",
    "controller: only the X-Ray daemon is added",
    { ours: "denied with the way out", decidedBy: "C10" },
    {
      pod: gateway({}, withContainers(aContainer("app"))),
      surroundings: around({ tracing: { provider: "xray" } }),
      observe: decision,
      expected: "deny gateway-without-envoy",
    },
  ),
  same(topic, "virtualGateway: nothing else", "a gateway's pod", "no proxyinit, no fsGroup, no pull secret", {
    pod: gateway(),
    surroundings: around({ proxy: { ...CONTROLLER_SETTINGS.proxy, fsGroup: 1337 } }),
    observe: (outcome) => [names(outcome), spec("securityContext")(outcome), spec("imagePullSecrets")(outcome)],
    expected: [["envoy"], undefined, undefined],
  }),
];
