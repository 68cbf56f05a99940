import { expect, test } from "vitest";
import type { ConfigurationInput } from "../../src/config/schema.ts";
import { aNode, aPod, appmesh, containerOf, envOf, injected } from "../pods.ts";
import { CONTROLLER_SETTINGS, INJECTOR_SETTINGS } from "./vectors/programs.ts";

/** The whole environment of Envoy in the aws flavor, for the pod of VirtualNode nginx. */
function environment(configuration: ConfigurationInput, change = appmesh({})): Readonly<Record<string, string>> {
  const virtualNodes = [aNode("nginx", { awsName: "my-vn_my-ns", meshRef: "my-mesh" })];
  return envOf(containerOf(injected(aPod(change), { virtualNodes, configuration }).pod, "envoy"));
}

const RESOURCE = "mesh/my-mesh/virtualNode/my-vn_my-ns";
/** Of the controller's, only the API server's version is missing; that is a declared difference. */
const CONTROLLER_BASE = {
  APPMESH_RESOURCE_ARN: RESOURCE,
  APPMESH_VIRTUAL_NODE_NAME: RESOURCE,
  AWS_REGION: "us-west-2",
  ENVOY_ADMIN_ACCESS_ENABLE_IPV6: "false",
  APPMESH_DUALSTACK_ENDPOINT: "0",
  APPMESH_FIPS_ENDPOINT: "0",
  APPMESH_PREVIEW: "0",
  ENVOY_LOG_LEVEL: "debug",
  ENVOY_ADMIN_ACCESS_PORT: "9901",
  APPMESH_PLATFORM_APP_MESH_CONTROLLER_VERSION: "1.2.3",
  APPNET_AGENT_ADMIN_MODE: "uds",
  APPNET_AGENT_ADMIN_UDS_PATH: "/tmp/agent.sock",
  APPMESH_PLATFORM_K8S_POD_UID: '{"fieldRef":{"fieldPath":"metadata.uid"}}',
};

test("the controller's base environment, and nothing else", () => {
  expect(environment(CONTROLLER_SETTINGS)).toEqual(CONTROLLER_BASE);
});

test("the controller's environment with everything on that goes together", () => {
  const configuration: ConfigurationInput = {
    ...CONTROLLER_SETTINGS,
    preview: true,
    proxy: {
      ...CONTROLLER_SETTINGS.proxy,
      adminPort: 9902,
      adminAccessLogFile: "/tmp/envoy_admin_access.log",
      adminIpv6: true,
      dualStackEndpoint: true,
      fipsEndpoint: true,
    },
    tracing: { provider: "xray", samplingRate: "0.01" },
    stats: { tags: true, statsd: true, statsdSocketPath: "/var/run/datadog/dsd.socket" },
    sds: { enabled: true },
  };
  expect(environment(configuration, appmesh({ sidecarEnv: "DD_ENV=prod" }))).toEqual({
    ...CONTROLLER_BASE,
    ENVOY_ADMIN_ACCESS_ENABLE_IPV6: "true",
    APPMESH_DUALSTACK_ENDPOINT: "1",
    APPMESH_FIPS_ENDPOINT: "1",
    APPMESH_PREVIEW: "1",
    ENVOY_ADMIN_ACCESS_PORT: "9902",
    ENVOY_ADMIN_ACCESS_LOG_FILE: "/tmp/envoy_admin_access.log",
    APPMESH_SDS_SOCKET_PATH: "/run/spire/sockets/agent.sock",
    ENABLE_ENVOY_XRAY_TRACING: "1",
    XRAY_DAEMON_PORT: "2000",
    XRAY_SAMPLING_RATE: "0.01",
    ENABLE_ENVOY_STATS_TAGS: "1",
    ENABLE_ENVOY_DOG_STATSD: "1",
    STATSD_PORT: "8125",
    STATSD_ADDRESS: "127.0.0.1",
    STATSD_SOCKET_PATH: "/var/run/datadog/dsd.socket",
    DD_ENV: "prod",
  });
});

test("the injector's environment is part of ours", () => {
  const configuration: ConfigurationInput = {
    ...INJECTOR_SETTINGS,
    tracing: { provider: "xray" },
    stats: { tags: true, statsd: true },
  };
  expect(environment(configuration)).toMatchObject({
    APPMESH_VIRTUAL_NODE_NAME: RESOURCE,
    APPMESH_PREVIEW: "0",
    ENVOY_LOG_LEVEL: "info",
    AWS_REGION: "us-west-2",
    ENABLE_ENVOY_XRAY_TRACING: "1",
    ENABLE_ENVOY_STATS_TAGS: "1",
    ENABLE_ENVOY_DOG_STATSD: "1",
  });
});
