import { INJECT_KEY } from "../../../src/model/names.ts";
import {
  aContainer,
  aPod,
  appmesh,
  labelled,
  type PodChange,
  type Surroundings,
  withContainers,
  withMetadata,
  withSpec,
} from "../../pods.ts";
import { INJECTOR_SETTINGS } from "./programs.ts";
import { annotations, decision, differs, env, names, part, same, spec, type Vector } from "./vector.ts";

const podinfo = (...changes: readonly PodChange[]) =>
  aPod(
    withMetadata({ name: "", generateName: "podinfo-5d4f8-" }),
    withContainers(aContainer("podinfod", { ports: [{ containerPort: 9898 }] })),
    withSpec({ volumes: [{ name: "default-token", secret: { secretName: "default-token" } }] }),
    appmesh({ ports: "9898", egressIgnoredPorts: "22", virtualNode: "podinfo" }),
    ...changes,
  );
const around = (configuration: Surroundings["configuration"] = {}): Surroundings => ({
  namespace: { name: "test", labels: { [INJECT_KEY]: "enabled" } },
  configuration: { ...INJECTOR_SETTINGS, ...configuration },
});
const cni = appmesh({ ports: "3306", egressIgnoredPorts: "8080" });
const fargate = labelled({ "eks.amazonaws.com/fargate-profile": "some-profile" });
const CNI_RESULT = [
  ["envoy", "podinfod"],
  { ports: "3306", egressIgnoredIPs: "169.254.169.254", egressIgnoredPorts: "8080" },
];
const cniObserved: Vector["observe"] = (outcome) => [
  names(outcome),
  annotations("ports", "egressIgnoredIPs", "egressIgnoredPorts")(outcome),
];

/** `inject-default` × annotation: what TestServer_Inject and its OptIn and OptOut siblings expect. */
const OPT: readonly Vector[] = (
  [
    ["OptIn_WithoutAnnotation", false, undefined, "skip not-opted-in"],
    ["OptIn_WithDisabledAnnotation", false, "disabled", "skip opted-out"],
    ["OptIn_WithEnabledAnnotation", false, "enabled", "inject injected"],
    ["OptIn_WithInvalidAnnotation", false, "invalid", "skip not-opted-in"],
    ["OptOut_WithoutAnnotation", true, undefined, "inject injected"],
    ["OptOut_WithEnabledAnnotation", true, "enabled", "inject injected"],
    ["OptOut_WithDisabledAnnotation", true, "disabled", "skip opted-out"],
    ["OptOut_WithInvalidAnnotation", true, "invalid", "inject injected"],
  ] as const
).map(([id, injectDefault, annotation, expected]) =>
  same(
    "Who gets a sidecar",
    `TestServer_${id}`,
    `\`injectDefault\` ${injectDefault ? "on" : "off"}, annotation ${annotation ?? "absent"}`,
    expected.startsWith("inject") ? "a patch" : "no patch",
    {
      pod: podinfo(annotation === undefined ? (pod) => pod : appmesh({ sidecarInjectorWebhook: annotation })),
      surroundings: around({ injectDefault }),
      observe: decision,
      expected,
    },
  ),
);

/** The unit tests of the 2019 injector. */
export const INJECTOR: readonly Vector[] = [
  same(
    "Who gets a sidecar",
    "TestServer_Inject",
    "podinfo with ports, egressIgnoredPorts and virtualNode annotated",
    "allowed",
    {
      pod: podinfo(),
      surroundings: around(),
      observe: decision,
      expected: "inject injected",
    },
  ),
  ...OPT,
  same("Ports and redirection", "Test_Init", "ports 80,443, ignored 22", "proxyinit with both ports and its requests", {
    pod: podinfo(appmesh({ ports: "80,443" })),
    surroundings: around(),
    observe: (outcome) => [
      env("proxyinit", "APPMESH_APP_PORTS", "APPMESH_EGRESS_IGNORED_PORTS")(outcome),
      part("proxyinit", "resources")(outcome),
    ],
    expected: [
      { APPMESH_APP_PORTS: "80,443", APPMESH_EGRESS_IGNORED_PORTS: "22" },
      { requests: { cpu: "100m", memory: "128Mi" } },
    ],
  }),
  same(
    "Tracing and statistics",
    "TestGeneratePatch_AppendSidecar",
    "X-Ray and stats tags",
    "route manager, Envoy and X-Ray daemon",
    {
      pod: podinfo(),
      surroundings: around({ stats: { tags: true }, tracing: { provider: "xray" } }),
      observe: names,
      expected: ["proxyinit", "envoy", "xray-daemon", "podinfod"],
    },
  ),
  same(
    "Ports and redirection",
    "TestGeneratePatch_WithFargateProfile",
    "Fargate label, annotations 3306 and 8080",
    "no route manager; annotations for the plugin",
    {
      pod: podinfo(fargate, cni),
      surroundings: around(),
      observe: cniObserved,
      expected: CNI_RESULT,
    },
  ),
  same(
    "Ports and redirection",
    "TestGeneratePatch_WithAppMeshCNI",
    "`appmeshCNI: enabled`, annotations 3306 and 8080",
    "no route manager; annotations for the plugin",
    {
      pod: podinfo(appmesh({ appmeshCNI: "enabled" }), cni),
      surroundings: around(),
      observe: cniObserved,
      expected: CNI_RESULT,
    },
  ),
  same(
    "Ports and redirection",
    "TestGeneratePatch_WithFargateProfileAppMeshCNIDisabled",
    "Fargate label, `appmeshCNI: disabled`",
    "route manager",
    {
      pod: podinfo(fargate, appmesh({ appmeshCNI: "disabled" })),
      surroundings: around(),
      observe: names,
      expected: ["proxyinit", "envoy", "podinfod"],
    },
  ),
  ...[1337, 1338].map((fsGroup) =>
    same(
      "Other parts of the pod",
      `Test_podFSGroupPatch ${fsGroup}`,
      `fsGroup ${fsGroup} configured`,
      "set where the pod has none",
      {
        pod: podinfo(),
        surroundings: around({ proxy: { ...INJECTOR_SETTINGS.proxy, fsGroup } }),
        observe: spec("securityContext"),
        expected: { fsGroup },
      },
    ),
  ),
  same(
    "The `envoy` container",
    "Test_Sidecar",
    "mesh global, node podinfo, log level debug",
    "the resource path, region, log level and preview",
    {
      pod: podinfo(),
      surroundings: around({ proxy: { ...INJECTOR_SETTINGS.proxy, logLevel: "debug" } }),
      observe: env("envoy", "APPMESH_VIRTUAL_NODE_NAME", "AWS_REGION", "ENVOY_LOG_LEVEL", "APPMESH_PREVIEW"),
      expected: {
        APPMESH_VIRTUAL_NODE_NAME: "mesh/global/virtualNode/podinfo",
        AWS_REGION: "us-west-2",
        ENVOY_LOG_LEVEL: "debug",
        APPMESH_PREVIEW: "0",
      },
    },
  ),
  same(
    "Tracing and statistics",
    "Test_Sidecar_WithXray",
    "X-Ray",
    "Envoy told so; the daemon with region and requests",
    {
      pod: podinfo(),
      surroundings: around({ tracing: { provider: "xray", xrayImage: "amazon/aws-xray-daemon" } }),
      observe: (outcome) => [
        env("envoy", "ENABLE_ENVOY_XRAY_TRACING")(outcome),
        env("xray-daemon", "AWS_REGION")(outcome),
        part("xray-daemon", "image")(outcome),
        part("xray-daemon", "ports")(outcome),
        part("xray-daemon", "resources")(outcome),
      ],
      expected: [
        { ENABLE_ENVOY_XRAY_TRACING: "1" },
        { AWS_REGION: "us-west-2" },
        "amazon/aws-xray-daemon",
        [{ name: "xray", containerPort: 2000, protocol: "UDP" }],
        { requests: { cpu: "100m", memory: "128Mi" } },
      ],
    },
  ),
  same(
    "Tracing and statistics",
    "Test_Sidecar_WithStatsTags, _WithStatsD",
    "stats tags and statsd",
    "both switched on",
    {
      pod: podinfo(),
      surroundings: around({ stats: { tags: true, statsd: true } }),
      observe: env("envoy", "ENABLE_ENVOY_STATS_TAGS", "ENABLE_ENVOY_DOG_STATSD"),
      expected: { ENABLE_ENVOY_STATS_TAGS: "1", ENABLE_ENVOY_DOG_STATSD: "1" },
    },
  ),
  ...(
    [
      ["Datadog", "datadog", "DATADOG_TRACER", "datadog.appmesh-system", "8126"],
      ["Jaeger", "jaeger", "JAEGER_TRACER", "appmesh-jaeger.appmesh-system", "9411"],
    ] as const
  ).map(([name, provider, prefix, address, port]) =>
    differs(
      "Tracing and statistics",
      `Test_Sidecar_With${name}`,
      name,
      "injector: a configuration file, a volume and a busybox init container",
      {
        ours: "the image's own variables, as with the controller; address and port are the injector's defaults",
        decidedBy: "I3–I6, I9",
      },
      {
        pod: podinfo(),
        surroundings: around({ tracing: { provider } }),
        observe: env("envoy", "ENVOY_STATS_CONFIG_FILE", `${prefix}_ADDRESS`, `${prefix}_PORT`),
        expected: { ENVOY_STATS_CONFIG_FILE: undefined, [`${prefix}_ADDRESS`]: address, [`${prefix}_PORT`]: port },
      },
    ),
  ),
];
