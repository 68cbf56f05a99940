import type { ConfigurationInput } from "../../../src/config/schema.ts";
import { appmesh, type PodChange, withSpec } from "../../pods.ts";
import { around, pod } from "./controller-pods.ts";
import { decision, differs, env, names, part, same, spec, type Vector } from "./vector.ts";

const CNI = appmesh({ appmeshCNI: "enabled" });
const SOCKET = "/run/spire/sockets/agent.sock";
const envoy = "The `envoy` container";
const mounts = "Mounts and environment";
const tracing = "Tracing and statistics";
const LIMITS = { limits: { cpu: "80m", memory: "256Mi" } } as const;
const four = appmesh({ cpuRequest: "20m", memoryRequest: "128Mi", cpuLimit: "80m", memoryLimit: "256Mi" });

/** Variables of Envoy by what was configured. */
function variables(id: string, given: string, configuration: ConfigurationInput, expected: Record<string, string>) {
  return same(
    tracing,
    `envoyMutator: ${id}`,
    given,
    Object.entries(expected)
      .map(([name, value]) => `${name}=${value}`)
      .join(", "),
    {
      pod: pod(),
      surroundings: around(configuration),
      observe: env("envoy", ...Object.keys(expected)),
      expected,
    },
  );
}

function denied(topic: Vector["topic"], id: string, given: string, change: PodChange, configuration = {}) {
  return same(topic, id, given, "denied", {
    pod: pod(change),
    surroundings: around(configuration),
    observe: decision,
    expected: "deny bad-annotation",
  });
}

const nothing: PodChange = (unchanged) => unchanged;
const hostIp = '{"fieldRef":{"fieldPath":"status.hostIP"}}';

/** The controller's unit tests of the Envoy of a virtual node. */
export const CONTROLLER_SIDECAR: readonly Vector[] = [
  same(envoy, "InjectEnvoyContainerVN: xray", "X-Ray", "Envoy, daemon and proxyinit", {
    pod: pod(),
    surroundings: around({ tracing: { provider: "xray" } }),
    observe: names,
    expected: ["proxyinit", "envoy", "xray-daemon", "bar"],
  }),
  same(envoy, "InjectEnvoyContainerVN: CNI", "`appmeshCNI: enabled`", "no proxyinit", {
    pod: pod(CNI),
    surroundings: around(),
    observe: names,
    expected: ["envoy", "bar"],
  }),
  same("Resources", "initProxyMutator: requests and limits", "limits configured", "proxyinit has them too", {
    pod: pod(),
    surroundings: around({ proxy: LIMITS }),
    observe: part("proxyinit", "resources"),
    expected: { requests: { cpu: "10m", memory: "32Mi" }, ...LIMITS },
  }),
  variables(
    "base",
    "a VirtualNode's pod, nothing switched on",
    {},
    {
      APPMESH_RESOURCE_ARN: "mesh/my-mesh/virtualNode/my-vn_my-ns",
      APPMESH_VIRTUAL_NODE_NAME: "mesh/my-mesh/virtualNode/my-vn_my-ns",
      AWS_REGION: "us-west-2",
      ENVOY_ADMIN_ACCESS_ENABLE_IPV6: "false",
      APPMESH_DUALSTACK_ENDPOINT: "0",
      APPMESH_FIPS_ENDPOINT: "0",
      APPMESH_PREVIEW: "0",
      ENVOY_LOG_LEVEL: "debug",
      ENVOY_ADMIN_ACCESS_PORT: "9901",
      APPNET_AGENT_ADMIN_MODE: "uds",
      APPNET_AGENT_ADMIN_UDS_PATH: "/tmp/agent.sock",
      APPMESH_PLATFORM_K8S_POD_UID: '{"fieldRef":{"fieldPath":"metadata.uid"}}',
    },
  ),
  differs(
    envoy,
    "envoyMutator: k8s version",
    "any pod, `flavor: aws`",
    "`APPMESH_PLATFORM_K8S_VERSION` is the server's version",
    {
      ours: "not set: the same pod gets the same bytes everywhere; the image then leaves out its platform metadata",
      decidedBy: "rule: determinism",
    },
    {
      pod: pod(),
      surroundings: around(),
      observe: env("envoy", "APPMESH_PLATFORM_K8S_VERSION", "APPMESH_PLATFORM_APP_MESH_CONTROLLER_VERSION"),
      expected: { APPMESH_PLATFORM_K8S_VERSION: undefined, APPMESH_PLATFORM_APP_MESH_CONTROLLER_VERSION: "1.2.3" },
    },
  ),
  differs(
    envoy,
    "envoyMutator: readiness",
    "any pod, `flavor: aws`",
    "a shell with curl on the admin port",
    { ours: "an HTTP probe of `/ready`; initial delay and period as configured", decidedBy: "C7" },
    {
      pod: pod(),
      surroundings: around({ proxy: { readinessInitialDelaySeconds: 3, readinessPeriodSeconds: 5 } }),
      observe: part("envoy", "readinessProbe"),
      expected: { httpGet: { path: "/ready", port: 9901 }, initialDelaySeconds: 3, periodSeconds: 5 },
    },
  ),
  differs(
    envoy,
    "envoyMutator: preStop",
    "any pod, `proxy.mode: ordinary`",
    "a shell that sleeps 20 s",
    { ours: "a sleep action of the kubelet; none in the default mode, where Envoy stops last", decidedBy: "C6" },
    {
      pod: pod(),
      surroundings: around({ proxy: { mode: "ordinary" } }),
      observe: part("envoy", "lifecycle"),
      expected: { preStop: { sleep: { seconds: 20 } } },
    },
  ),
  same(
    envoy,
    "envoyMutator: wait-until-proxy-ready",
    "ordinary mode, 60 s and 5 s",
    "Envoy first, with timeout and interval",
    {
      pod: pod(),
      surroundings: around({ proxy: { mode: "ordinary", waitUntilReady: true, postStartTimeoutSeconds: 60 } }),
      observe: (outcome) => [
        names(outcome),
        env(
          "envoy",
          "APPNET_AGENT_POLL_ENVOY_READINESS_TIMEOUT_S",
          "APPNET_AGENT_POLL_ENVOY_READINESS_INTERVAL_S",
        )(outcome),
      ],
      expected: [
        ["proxyinit", "envoy", "bar"],
        { APPNET_AGENT_POLL_ENVOY_READINESS_TIMEOUT_S: "60", APPNET_AGENT_POLL_ENVOY_READINESS_INTERVAL_S: "5" },
      ],
    },
  ),
  ...(
    [
      ["enabled", false, "1"],
      ["disabled", true, "0"],
      [undefined, true, "1"],
      [undefined, false, "0"],
    ] as const
  ).map(([word, preview, value]) =>
    same(
      envoy,
      `getPreview: ${word ?? "absent"} over ${preview}`,
      `\`preview\` ${word ?? "absent"}, configured ${preview}`,
      value,
      {
        pod: pod(word === undefined ? nothing : appmesh({ preview: word })),
        surroundings: around({ preview }),
        observe: env("envoy", "APPMESH_PREVIEW"),
        expected: { APPMESH_PREVIEW: value },
      },
    ),
  ),
  same("Resources", "envoyMutator: no cpu limit", "only a memory limit", "only that key", {
    pod: pod(),
    surroundings: around({ proxy: { limits: { memory: "64Mi" } } }),
    observe: part("envoy", "resources"),
    expected: { requests: { cpu: "10m", memory: "32Mi" }, limits: { memory: "64Mi" } },
  }),
  same("Resources", "envoyMutator: four resource annotations", "requests and limits annotated", "they override all", {
    pod: pod(four),
    surroundings: around(),
    observe: part("envoy", "resources"),
    expected: { requests: { cpu: "20m", memory: "128Mi" }, ...LIMITS },
  }),
  variables(
    "xray",
    "X-Ray, rate 0.01",
    { tracing: { provider: "xray", samplingRate: "0.01" } },
    { ENABLE_ENVOY_XRAY_TRACING: "1", XRAY_DAEMON_PORT: "2000", XRAY_SAMPLING_RATE: "0.01" },
  ),
  variables(
    "jaeger",
    "Jaeger at localhost:8000",
    { tracing: { provider: "jaeger", address: "localhost", port: 8000 } },
    { ENABLE_ENVOY_JAEGER_TRACING: "1", JAEGER_TRACER_PORT: "8000", JAEGER_TRACER_ADDRESS: "localhost" },
  ),
  variables(
    "datadog",
    "Datadog at 127.0.0.1",
    { tracing: { provider: "datadog", address: "127.0.0.1" } },
    { ENABLE_ENVOY_DATADOG_TRACING: "1", DATADOG_TRACER_PORT: "8126", DATADOG_TRACER_ADDRESS: "127.0.0.1" },
  ),
  variables(
    "datadog hostIP",
    "Datadog at the host's IP",
    { tracing: { provider: "datadog", address: "ref:status.hostIP" } },
    { DATADOG_TRACER_ADDRESS: hostIp },
  ),
  variables("stats tags", "stats tags", { stats: { tags: true } }, { ENABLE_ENVOY_STATS_TAGS: "1" }),
  variables(
    "statsd",
    "statsd with a socket",
    { stats: { statsd: true, statsdSocketPath: "/var/run/datadog/dsd.socket" } },
    {
      ENABLE_ENVOY_DOG_STATSD: "1",
      STATSD_PORT: "8125",
      STATSD_ADDRESS: "127.0.0.1",
      STATSD_SOCKET_PATH: "/var/run/datadog/dsd.socket",
    },
  ),
  variables(
    "statsd hostIP",
    "statsd at the host's IP",
    { stats: { statsd: true, statsdAddress: "ref:status.hostIP" } },
    { STATSD_ADDRESS: hostIp },
  ),
  denied(
    tracing,
    "envoyMutator: bad rate",
    "`XRAY_SAMPLING_RATE=5%` with X-Ray",
    appmesh({ sidecarEnv: "XRAY_SAMPLING_RATE=5%" }),
    { tracing: { provider: "xray" } },
  ),
  same(
    mounts,
    "envoyMutator: secretMounts",
    "`secretMounts: svc1-cert-chain-key:/certs/svc1, svc1-svc2-ca-bundle:/certs`",
    "two read-only mounts",
    {
      pod: pod(appmesh({ secretMounts: "svc1-cert-chain-key:/certs/svc1, svc1-svc2-ca-bundle:/certs" })),
      surroundings: around(),
      observe: part("envoy", "volumeMounts"),
      expected: [
        { name: "envoy-secret-svc1-cert-chain-key", mountPath: "/certs/svc1", readOnly: true },
        { name: "envoy-secret-svc1-svc2-ca-bundle", mountPath: "/certs", readOnly: true },
      ],
    },
  ),
  differs(
    mounts,
    "getSecretMounts: names",
    "`secretMounts: certs:/certs`",
    "both: a volume named `certs`",
    { ours: "a volume named `envoy-secret-certs`, shortened where a secret's name is no volume's", decidedBy: "C24" },
    {
      pod: pod(appmesh({ secretMounts: "certs:/certs" })),
      surroundings: around(),
      observe: spec("volumes"),
      expected: [{ name: "envoy-secret-certs", secret: { secretName: "certs" } }],
    },
  ),
  differs(
    mounts,
    "getSecretMounts: twice",
    "one secret at two paths",
    "controller: only the last",
    { ours: "both paths", decidedBy: "C24" },
    {
      pod: pod(appmesh({ secretMounts: "certs:/a,certs:/b" })),
      surroundings: around(),
      observe: part("envoy", "volumeMounts"),
      expected: ["/a", "/b"].map((mountPath) => ({ name: "envoy-secret-certs", mountPath, readOnly: true })),
    },
  ),
  differs(
    mounts,
    "getSecretMounts: empty",
    "`secretMounts`, `volumeMounts`, `sidecarEnv` or `sidecarEnvJson` is empty",
    "controller: denied; injector: nothing is mounted",
    { ours: "nothing is mounted or set, with a warning", decidedBy: "table of annotations" },
    {
      pod: pod(appmesh({ secretMounts: "", volumeMounts: "", sidecarEnv: "", sidecarEnvJson: "" })),
      surroundings: around(),
      observe: decision,
      expected: "inject injected",
    },
  ),
  denied(mounts, "getSecretMounts: no colon", "`secretMounts: certs`", appmesh({ secretMounts: "certs" })),
  denied(mounts, "getVolumeMounts: no colon", "`volumeMounts: certs`", appmesh({ volumeMounts: "certs" })),
  denied(mounts, "getCustomEnv: second without =", "`sidecarEnv: A=1,B`", appmesh({ sidecarEnv: "A=1,B" })),
  denied(mounts, "getCustomEnvJson: broken", "`sidecarEnvJson` is no JSON", appmesh({ sidecarEnvJson: '[{"A"' })),
  denied(
    mounts,
    "getCustomEnvJson: nested",
    "a nested object in `sidecarEnvJson`",
    appmesh({ sidecarEnvJson: '[{"A":{"B":"1"}}]' }),
  ),
  same(mounts, "getVolumeMounts: two", "`volumeMounts` of two volumes of the pod", "two read-only mounts", {
    pod: pod(withSpec({ volumes: [{ name: "a" }, { name: "b" }] }), appmesh({ volumeMounts: "a:/a, b:/b" })),
    surroundings: around(),
    observe: part("envoy", "volumeMounts"),
    expected: [
      { name: "a", mountPath: "/a", readOnly: true },
      { name: "b", mountPath: "/b", readOnly: true },
    ],
  }),
  same(
    mounts,
    "envoyMutator: sidecarEnv",
    "`sidecarEnv: DD_ENV=prod, TEST_ENV1=env_val1, TEST_ENV2=env_val2`",
    "three more variables",
    {
      pod: pod(appmesh({ sidecarEnv: "DD_ENV=prod, TEST_ENV1=env_val1, TEST_ENV2=env_val2" })),
      surroundings: around(),
      observe: env("envoy", "DD_ENV", "TEST_ENV1", "TEST_ENV2"),
      expected: { DD_ENV: "prod", TEST_ENV1: "env_val1", TEST_ENV2: "env_val2" },
    },
  ),
  same(
    mounts,
    "getCustomEnvJson: two objects",
    "`sidecarEnvJson` with three keys in two objects",
    "three more variables",
    {
      pod: pod(appmesh({ sidecarEnvJson: '[{"A":"1","B":"2"},{"C":"3"}]' })),
      surroundings: around(),
      observe: env("envoy", "A", "B", "C"),
      expected: { A: "1", B: "2", C: "3" },
    },
  ),
  same(
    mounts,
    "envoyMutator: managed variables",
    "`sidecarEnv` sets both resource variables and DD_ENV",
    "ours stay (with a warning), DD_ENV is set",
    {
      pod: pod(appmesh({ sidecarEnv: "APPMESH_RESOURCE_ARN=x,APPMESH_VIRTUAL_NODE_NAME=y,DD_ENV=prod" })),
      surroundings: around(),
      observe: env("envoy", "APPMESH_RESOURCE_ARN", "APPMESH_VIRTUAL_NODE_NAME", "DD_ENV"),
      expected: {
        APPMESH_RESOURCE_ARN: "mesh/my-mesh/virtualNode/my-vn_my-ns",
        APPMESH_VIRTUAL_NODE_NAME: "mesh/my-mesh/virtualNode/my-vn_my-ns",
        DD_ENV: "prod",
      },
    },
  ),
  same("SDS", "envoyMutator: SDS on", "SDS enabled", "variable, mount and volume of the socket", {
    pod: pod(),
    surroundings: around({ sds: { enabled: true } }),
    observe: (outcome) => [
      env("envoy", "APPMESH_SDS_SOCKET_PATH")(outcome),
      part("envoy", "volumeMounts")(outcome),
      spec("volumes")(outcome),
    ],
    expected: [
      { APPMESH_SDS_SOCKET_PATH: SOCKET },
      [{ name: "appmesh-sds-socket-volume", mountPath: SOCKET }],
      [{ name: "appmesh-sds-socket-volume", hostPath: { path: SOCKET, type: "Socket" } }],
    ],
  }),
  same("SDS", "envoyMutator: SDS disabled on the pod", "SDS enabled, `sds: disabled` on the pod", "none of them", {
    pod: pod(appmesh({ sds: "disabled" })),
    surroundings: around({ sds: { enabled: true } }),
    observe: (outcome) => [env("envoy", "APPMESH_SDS_SOCKET_PATH")(outcome), spec("volumes")(outcome)],
    expected: [{ APPMESH_SDS_SOCKET_PATH: undefined }, undefined],
  }),
];
