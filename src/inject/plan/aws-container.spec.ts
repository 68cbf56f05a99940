import { describe, expect, test } from "vitest";
import {
  aMesh,
  aNode,
  aPod,
  appmesh,
  containerOf,
  containersOf,
  envOf,
  injected,
  labelled,
  namesOf,
} from "../../../test/pods.ts";
import type { ConfigurationInput } from "../../config/schema.ts";
import { agentDrainSeconds } from "../../model/agent-drain.ts";
import type { JsonObject } from "../../model/json.ts";

function envoy(configuration: ConfigurationInput = {}, pod: JsonObject = aPod()): JsonObject {
  return containerOf(injected(pod, { configuration: { flavor: "aws", ...configuration } }).pod, "envoy") as JsonObject;
}

const env = (configuration: ConfigurationInput = {}, pod: JsonObject = aPod()) => envOf(envoy(configuration, pod));

/** What everybody gets, in the order in which it stands. */
const ALWAYS = {
  APPMESH_RESOURCE_ARN: "mesh/test-mesh/virtualNode/shop-nginx",
  APPMESH_VIRTUAL_NODE_NAME: "mesh/test-mesh/virtualNode/shop-nginx",
  ENVOY_ADMIN_ACCESS_ENABLE_IPV6: "false",
  APPMESH_DUALSTACK_ENDPOINT: "0",
  APPMESH_FIPS_ENDPOINT: "0",
  APPMESH_PREVIEW: "0",
  ENVOY_LOG_LEVEL: "info",
  ENVOY_ADMIN_ACCESS_PORT: "9901",
  ENVOY_ADMIN_ACCESS_LOG_FILE: "/tmp/envoy_admin_access.log",
  APPMESH_PLATFORM_APP_MESH_CONTROLLER_VERSION: "1.2.3",
  APPNET_AGENT_ADMIN_MODE: "uds",
  APPNET_AGENT_ADMIN_UDS_PATH: "/tmp/agent.sock",
  APPMESH_PLATFORM_K8S_POD_UID: '{"fieldRef":{"fieldPath":"metadata.uid"}}',
};

const added = (configuration: ConfigurationInput, pod: JsonObject = aPod()) =>
  Object.fromEntries(Object.entries(env(configuration, pod)).filter(([name]) => !(name in ALWAYS)));

describe("the environment of AWS's image", () => {
  test("is the same for everybody who says nothing, in a fixed order", () => {
    expect(Object.entries(env())).toEqual(Object.entries(ALWAYS));
  });

  test("names the mesh of another account with its owner", () => {
    const { pod } = injected(aPod(labelled({ app: "cart" })), {
      configuration: { flavor: "aws", accountId: "000000000000", meshName: "" },
      virtualNodes: [aNode("cart", { meshRef: "shared" })],
      meshes: [aMesh("shared", { meshOwner: "111111111111" })],
    });
    expect(envOf(containerOf(pod, "envoy"))["APPMESH_RESOURCE_ARN"]).toBe(
      "mesh/shared@111111111111/virtualNode/cart_shop",
    );
  });

  test.each<{ configuration: ConfigurationInput; expected: Readonly<Record<string, string>> }>([
    { configuration: { region: "us-west-2" }, expected: { AWS_REGION: "us-west-2" } },
    { configuration: { preview: true }, expected: { APPMESH_PREVIEW: "1" } },
    { configuration: { proxy: { adminIpv6: true } }, expected: { ENVOY_ADMIN_ACCESS_ENABLE_IPV6: "true" } },
    {
      configuration: { proxy: { dualStackEndpoint: true } },
      expected: { APPMESH_DUALSTACK_ENDPOINT: "1", APPMESH_FIPS_ENDPOINT: "0" },
    },
    {
      configuration: { proxy: { fipsEndpoint: true } },
      expected: { APPMESH_DUALSTACK_ENDPOINT: "0", APPMESH_FIPS_ENDPOINT: "1" },
    },
    { configuration: { proxy: { logLevel: "debug" } }, expected: { ENVOY_LOG_LEVEL: "debug" } },
    { configuration: { proxy: { concurrency: 2 } }, expected: { ENVOY_CONCURRENCY: "2" } },
    { configuration: { proxy: { adminPort: 9902 } }, expected: { ENVOY_ADMIN_ACCESS_PORT: "9902" } },
    { configuration: { proxy: { drainSeconds: 45 } }, expected: { LISTENER_DRAIN_WAIT_TIME_S: "45" } },
    {
      configuration: { sds: { enabled: true } },
      expected: { APPMESH_SDS_SOCKET_PATH: "/run/spire/sockets/agent.sock" },
    },
    { configuration: { stats: { tags: true } }, expected: { ENABLE_ENVOY_STATS_TAGS: "1" } },
    {
      configuration: { stats: { statsd: true } },
      expected: { ENABLE_ENVOY_DOG_STATSD: "1", STATSD_PORT: "8125", STATSD_ADDRESS: "127.0.0.1" },
    },
    {
      configuration: {
        stats: { statsd: true, statsdSocketPath: "/run/dsd.socket ", statsdAddress: "ref:status.hostIP" },
      },
      expected: { STATSD_SOCKET_PATH: "/run/dsd.socket", STATSD_ADDRESS: '{"fieldRef":{"fieldPath":"status.hostIP"}}' },
    },
    {
      configuration: { tracing: { provider: "xray" } },
      expected: { ENABLE_ENVOY_XRAY_TRACING: "1", XRAY_DAEMON_PORT: "2000", XRAY_SAMPLING_RATE: "0.05" },
    },
    {
      configuration: { tracing: { provider: "jaeger" } },
      expected: {
        ENABLE_ENVOY_JAEGER_TRACING: "1",
        JAEGER_TRACER_PORT: "9411",
        JAEGER_TRACER_ADDRESS: "appmesh-jaeger.appmesh-system",
      },
    },
    {
      configuration: { tracing: { provider: "jaeger", address: "10.0.0.9", port: 80 } },
      expected: { JAEGER_TRACER_PORT: "80", JAEGER_TRACER_ADDRESS: "10.0.0.9" },
    },
    {
      configuration: { tracing: { provider: "datadog" } },
      expected: {
        ENABLE_ENVOY_DATADOG_TRACING: "1",
        DATADOG_TRACER_PORT: "8126",
        DATADOG_TRACER_ADDRESS: "datadog.appmesh-system",
      },
    },
    {
      configuration: { tracing: { provider: "datadog", address: "ref:status.hostIP", port: 80 } },
      expected: { DATADOG_TRACER_PORT: "80", DATADOG_TRACER_ADDRESS: '{"fieldRef":{"fieldPath":"status.hostIP"}}' },
    },
  ])("$configuration adds $expected", ({ configuration, expected }) => {
    expect(env(configuration)).toMatchObject(expected);
  });

  test.each<ConfigurationInput>([
    { tracing: { provider: "otel" } },
    { stats: { statsdSocketPath: "/run/dsd.socket" } },
    { proxy: { postStartTimeoutSeconds: 60 } },
  ])("%j adds nothing", (configuration) => {
    expect(added(configuration)).toEqual({});
  });

  test("an empty log file leaves the image's default", () => {
    expect(env({ proxy: { adminAccessLogFile: "" } })).not.toHaveProperty("ENVOY_ADMIN_ACCESS_LOG_FILE");
  });

  test("credentials come from a Secret, the session token if there is one", () => {
    const from = (key: string, optional?: true) =>
      JSON.stringify({ secretKeyRef: { name: "aws", key, ...(optional && { optional }) } });
    expect(added({ proxy: { awsCredentialsSecret: "aws" } })).toEqual({
      AWS_ACCESS_KEY_ID: from("accessKeyId"),
      AWS_SECRET_ACCESS_KEY: from("secretAccessKey"),
      AWS_SESSION_TOKEN: from("sessionToken", true),
    });
  });
});

describe("the user's environment", () => {
  test("comes first; what is ours is left out, with a warning that names it", () => {
    const pod = aPod(appmesh({ sidecarEnv: "DD_ENV=prod,ENVOY_LOG_LEVEL=trace" }));
    const { result, pod: patched } = injected(pod, { configuration: { flavor: "aws" } });
    const container = containerOf(patched, "envoy");
    expect(Object.entries(envOf(container))[0]).toEqual(["DD_ENV", "prod"]);
    expect(envOf(container)["ENVOY_LOG_LEVEL"]).toBe("info");
    expect(JSON.stringify(container).match(/ENVOY_LOG_LEVEL/g)).toHaveLength(1);
    expect(result.warnings).toContain(
      "ENVOY_LOG_LEVEL in the annotations for Envoy's environment has no effect: the injector sets it",
    );
  });

  test("is warned of in one sentence for all that is left out", () => {
    const pod = aPod(appmesh({ sidecarEnv: "APPMESH_PREVIEW=1,ENVOY_LOG_LEVEL=trace" }));
    expect(injected(pod, { configuration: { flavor: "aws" } }).result.warnings).toContain(
      "APPMESH_PREVIEW, ENVOY_LOG_LEVEL in the annotations for Envoy's environment has no effect: the injector sets it",
    );
  });

  test("may set X-Ray's sampling rate, without a warning", () => {
    const pod = aPod(appmesh({ sidecarEnv: "XRAY_SAMPLING_RATE=0.25" }));
    const { result, pod: patched } = injected(pod, { configuration: { flavor: "aws", tracing: { provider: "xray" } } });
    expect(envOf(containerOf(patched, "envoy"))["XRAY_SAMPLING_RATE"]).toBe("0.25");
    expect(result.warnings.join()).not.toContain("XRAY");
  });
});

test("a name or a path that looks like a reference to a variable is none", () => {
  const pod = aPod(appmesh({ virtualNode: "$(DD_ENV)", mesh: "a$$b", sidecarEnv: "DD_ENV=prod" }));
  const variables = env({ proxy: { adminAccessLogFile: "/tmp/$(DD_ENV)" } }, pod);
  expect(variables).toMatchObject({
    APPMESH_RESOURCE_ARN: "mesh/a$$$$b/virtualNode/$$(DD_ENV)",
    APPMESH_VIRTUAL_NODE_NAME: "mesh/a$$$$b/virtualNode/$$(DD_ENV)",
    ENVOY_ADMIN_ACCESS_LOG_FILE: "/tmp/$$(DD_ENV)",
  });
});

describe("the container of AWS's image", () => {
  test("listens and is asked on the admin port", () => {
    expect(envoy({ proxy: { adminPort: 9902 } })).toMatchObject({
      image: "public.ecr.aws/appmesh/aws-appmesh-envoy:v1.34.13.3-prod",
      ports: [{ name: "stats", containerPort: 9902, protocol: "TCP" }],
      startupProbe: { httpGet: { path: "/ready", port: 9902 }, periodSeconds: 1, failureThreshold: 180 },
      readinessProbe: { httpGet: { path: "/ready", port: 9902 } },
    });
  });

  test("may write, for its agent does, but nothing else", () => {
    expect(envoy()["securityContext"]).toEqual({
      allowPrivilegeEscalation: false,
      capabilities: { drop: ["ALL"] },
      runAsNonRoot: true,
      runAsUser: 1337,
      seccompProfile: { type: "RuntimeDefault" },
    });
  });

  test("has mounts and a pull policy only when asked", () => {
    expect(envoy()).not.toHaveProperty("volumeMounts");
    expect(envoy()).not.toHaveProperty("imagePullPolicy");
    expect(envoy({ proxy: { imagePullPolicy: "Always" } })).toMatchObject({ imagePullPolicy: "Always" });
    expect(envoy({}, aPod(appmesh({ secretMounts: "tls:/tls" })))["volumeMounts"]).toEqual([
      { name: "envoy-secret-tls", mountPath: "/tls", readOnly: true },
    ]);
  });

  test("goes first and holds the others back, in ordinary mode on request", () => {
    const proxy = {
      mode: "ordinary",
      waitUntilReady: true,
      postStartTimeoutSeconds: 60,
      postStartIntervalSeconds: 2,
    } as const;
    const { pod } = injected(aPod(), { configuration: { flavor: "aws", proxy } });
    expect(containersOf(pod).map(({ name }) => name)).toEqual(["envoy", "nginx"]);
    expect(containerOf(pod, "envoy")?.["lifecycle"]).toEqual({
      postStart: { exec: { command: ["/usr/bin/agent", "-envoyReadiness"] } },
      preStop: { sleep: { seconds: 20 } },
    });
    expect(envOf(containerOf(pod, "envoy"))).toMatchObject({
      APPNET_AGENT_POLL_ENVOY_READINESS_TIMEOUT_S: "60",
      APPNET_AGENT_POLL_ENVOY_READINESS_INTERVAL_S: "2",
    });
  });

  test("holds nobody back otherwise", () => {
    const native = injected(aPod(), { configuration: { flavor: "aws", proxy: { waitUntilReady: true } } });
    expect(namesOf(native.pod)).toEqual(["proxyinit", "envoy", "nginx"]);
    expect(containerOf(native.pod, "envoy")).not.toHaveProperty("lifecycle");
    const ordinary = injected(aPod(), {
      configuration: { flavor: "aws", proxy: { mode: "ordinary", preStopDelaySeconds: 0 } },
    });
    expect(containersOf(ordinary.pod).map(({ name }) => name)).toEqual(["nginx", "envoy"]);
    expect(containerOf(ordinary.pod, "envoy")).not.toHaveProperty("lifecycle");
    expect(containerOf(ordinary.pod, "envoy")).not.toHaveProperty("startupProbe");
    expect(containerOf(ordinary.pod, "envoy")).not.toHaveProperty("restartPolicy");
  });
});

test.each([
  [0, 5],
  [5, 5],
  [50, 50],
  [110, 110],
  [111, 110],
])("the agent's drain time for %i s is %i s", (seconds, expected) => {
  expect(agentDrainSeconds(seconds)).toBe(expected);
});
