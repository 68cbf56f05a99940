import { PROXY_IMAGES } from "../../../src/config/schema.ts";
import type { JsonObject } from "../../../src/model/json.ts";
import {
  aContainer,
  aNode,
  aPod,
  appmesh,
  labelled,
  ownedBy,
  type PodChange,
  type Surroundings,
  withContainers,
  withMetadata,
  withSpec,
} from "../../pods.ts";
import { CONTROLLER_SETTINGS, INJECTOR_SETTINGS } from "./programs.ts";
import { annotations, decision, differs, env, names, node, part, same, spec, type Vector } from "./vector.ts";

const TEST = { name: "test" };
const injector: Surroundings = { namespace: TEST, configuration: INJECTOR_SETTINGS };
const controller: Surroundings = { namespace: TEST, configuration: CONTROLLER_SETTINGS };
const deployment: Surroundings = { namespace: TEST, owner: ownedBy("Deployment", "nginx") };
const replicaSet = { apiVersion: "apps/v1", kind: "ReplicaSet", name: "nginx-5d4f8", uid: "u" };
const FARGATE = labelled({ "eks.amazonaws.com/fargate-profile": "fp1" });
const fargatePod = (...changes: readonly PodChange[]) => aPod(FARGATE, appmesh({ ports: "8080" }), ...changes);
const withoutPorts = withContainers(aContainer("nginx"));
const CNI_KEYS = [
  "sidecarInjectorWebhook",
  "egressIgnoredIPs",
  "egressIgnoredPorts",
  "ignoredUID",
  "ports",
  "proxyEgressPort",
  "proxyIngressPort",
];

/** The walkthrough's pod, and its injector set up by the script with `MESH_NAME=mynewmesh`. */
const walkthroughPod = aPod(
  withMetadata({ name: "nginx", namespace: "appmesh-inject-test", labels: { name: "nginx" } }),
  appmesh({ virtualNode: "test" }),
  withContainers({ name: "nginx", image: "nginx", ports: [{ containerPort: 80 }] }),
);
const walkthrough: Surroundings = {
  namespace: { name: "appmesh-inject-test" },
  configuration: { ...INJECTOR_SETTINGS, meshName: "mynewmesh" },
};
const unannotated = aPod(withMetadata({ namespace: "appmesh-inject-test", labels: { name: "nginx" } }));
const x = aNode("x", {
  awsName: "X",
  podSelector: { matchLabels: { name: "nginx" }, matchExpressions: [] },
  listenerPorts: [8080],
});
const settled: JsonObject = aPod(
  withContainers(aContainer("nginx"), aContainer("envoy"), aContainer("xray-daemon")),
  withSpec({ initContainers: [aContainer("proxyinit")] }),
);

/** The end-to-end vectors V1 to V20, worked out from the source of both programs. */
export const APPENDIX: readonly Vector[] = [
  same(
    "The virtual node",
    "V1",
    "the walkthrough's pod, annotated `virtualNode: test`, injector set up by its script",
    "`mesh/mynewmesh/virtualNode/test`, preview 0, log level info, region us-west-2",
    {
      pod: walkthroughPod,
      surroundings: walkthrough,
      observe: env("envoy", "APPMESH_VIRTUAL_NODE_NAME", "APPMESH_PREVIEW", "ENVOY_LOG_LEVEL", "AWS_REGION"),
      expected: {
        APPMESH_VIRTUAL_NODE_NAME: "mesh/mynewmesh/virtualNode/test",
        APPMESH_PREVIEW: "0",
        ENVOY_LOG_LEVEL: "info",
        AWS_REGION: "us-west-2",
      },
    },
  ),
  same(
    "Resources",
    "V1 requests",
    "the walkthrough's pod, injector set up by its script",
    "requests 100m and 128Mi, as the script sets them",
    {
      pod: walkthroughPod,
      surroundings: walkthrough,
      observe: part("envoy", "resources"),
      expected: { requests: { cpu: "100m", memory: "128Mi" } },
    },
  ),
  same(
    "Ports and redirection",
    "V1 proxyinit",
    "the walkthrough's pod, injector set up by its script",
    "proxyinit captures port 80, except to 169.254.169.254 and port 22",
    {
      pod: walkthroughPod,
      surroundings: walkthrough,
      observe: env(
        "proxyinit",
        "APPMESH_START_ENABLED",
        "APPMESH_IGNORE_UID",
        "APPMESH_ENVOY_INGRESS_PORT",
        "APPMESH_ENVOY_EGRESS_PORT",
        "APPMESH_APP_PORTS",
        "APPMESH_EGRESS_IGNORED_IP",
        "APPMESH_EGRESS_IGNORED_PORTS",
      ),
      expected: {
        APPMESH_START_ENABLED: "1",
        APPMESH_IGNORE_UID: "1337",
        APPMESH_ENVOY_INGRESS_PORT: "15000",
        APPMESH_ENVOY_EGRESS_PORT: "15001",
        APPMESH_APP_PORTS: "80",
        APPMESH_EGRESS_IGNORED_IP: "169.254.169.254",
        APPMESH_EGRESS_IGNORED_PORTS: "22",
      },
    },
  ),
  same(
    "Other parts of the pod",
    "V1 fsGroup",
    "the walkthrough's pod, `proxy.fsGroup: 1337`",
    "fsGroup 1337 where the pod has none",
    {
      pod: walkthroughPod,
      surroundings: walkthrough,
      observe: spec("securityContext"),
      expected: { fsGroup: 1337 },
    },
  ),
  differs(
    "Other parts of the pod",
    "V1 default fsGroup",
    "a pod without fsGroup, default settings",
    "both programs set 1337",
    {
      ours: "none: the sidecar's token is readable without it (`--enable-iam-for-service-accounts` or `proxy.fsGroup` brings it back)",
      decidedBy: "I19",
    },
    {
      pod: walkthroughPod,
      observe: spec("securityContext"),
      expected: undefined,
    },
  ),
  differs(
    "The `envoy` container",
    "V1 containers",
    "any pod",
    "both: proxyinit last among the init containers, Envoy a container after the app",
    {
      ours: "proxyinit and Envoy come first, Envoy as native sidecar (`proxy.mode: ordinary` makes it a container)",
      decidedBy: "C4, C5, I18",
    },
    {
      pod: walkthroughPod,
      surroundings: walkthrough,
      observe: names,
      expected: ["proxyinit", "envoy", "nginx"],
    },
  ),
  differs(
    "The virtual node",
    "V1 VirtualNode",
    "a pod annotated `virtualNode: test`, and a VirtualNode of AWS name X that selects it",
    "controller: X; the annotation is ignored",
    { ours: "the annotation decides, as with the injector of 2019", decidedBy: "rule: virtual node" },
    {
      pod: walkthroughPod,
      surroundings: { ...walkthrough, virtualNodes: [x] },
      observe: node,
      expected: "test",
    },
  ),
  same(
    "The virtual node",
    "V1 selector",
    "no annotation, and a VirtualNode of AWS name X that selects the pod",
    "controller: X, and the ports of its listeners",
    {
      pod: unannotated,
      surroundings: { ...walkthrough, virtualNodes: [x] },
      observe: (outcome) => [node(outcome), env("proxyinit", "APPMESH_APP_PORTS")(outcome)],
      expected: ["X", { APPMESH_APP_PORTS: "8080" }],
    },
  ),
  same(
    "The virtual node",
    "V1 strict",
    "no annotation, no VirtualNode, `onMissingVirtualNode: deny`",
    "controller: rejected",
    {
      pod: unannotated,
      surroundings: controller,
      observe: decision,
      expected: "deny missing-virtual-node",
    },
  ),
  differs(
    "The virtual node",
    "V1 no VirtualNode",
    "no annotation, no VirtualNode, default settings",
    "controller: rejected",
    {
      ours: "injected under its owner's name; plain pass-through until a VirtualNode appears",
      decidedBy: "setting onMissingVirtualNode",
    },
    {
      pod: unannotated,
      observe: decision,
      expected: "inject injected",
    },
  ),
  differs(
    "The virtual node",
    "V2",
    "a bare pod without the annotation",
    "injector: silently left alone",
    { ours: "injected, named after the pod itself", decidedBy: "I13" },
    {
      pod: unannotated,
      surroundings: { namespace: { name: "appmesh-inject-test" } },
      observe: node,
      expected: "appmesh-inject-test-nginx",
    },
  ),
  same(
    "The virtual node",
    "V3",
    "Deployment nginx in namespace test, `virtualNodeNaming: owner-namespace`",
    "injector: `nginx-test`",
    {
      pod: aPod(),
      surroundings: { ...injector, ...deployment },
      observe: node,
      expected: "nginx-test",
    },
  ),
  differs(
    "The virtual node",
    "V3 default",
    "Deployment nginx in namespace test, default settings",
    "injector: `nginx-test`; controller: by selector only",
    { ours: "`test-nginx`, as the walkthrough says", decidedBy: "setting virtualNodeNaming" },
    {
      pod: aPod(),
      surroundings: deployment,
      observe: node,
      expected: "test-nginx",
    },
  ),
  differs(
    "The virtual node",
    "V4",
    "its ReplicaSet cannot be read",
    "injector: silently left alone",
    { ours: "named after the ReplicaSet without its hash, with a warning", decidedBy: "I13" },
    {
      pod: aPod(labelled({ "pod-template-hash": "5d4f8" })),
      surroundings: { ...injector, owner: { kind: "lookup-failed", direct: replicaSet, reason: "forbidden" } },
      observe: node,
      expected: "nginx-test",
    },
  ),
  differs(
    "The virtual node",
    "V5",
    "Job c-28391234 of CronJob c",
    "injector: `c-28391234-test`, another one each run",
    { ours: "`c-test`", decidedBy: "I14" },
    {
      pod: aPod(),
      surroundings: { ...injector, owner: ownedBy("CronJob", "c", "batch/v1") },
      observe: node,
      expected: "c-test",
    },
  ),
  differs(
    "Ports and redirection",
    "V6",
    "no container port, no annotation",
    "injector: silently left alone",
    { ours: "injected for outgoing traffic, with a warning; as the controller did", decidedBy: "I13" },
    {
      pod: aPod(withoutPorts),
      surroundings: { ...injector, ...deployment },
      observe: (outcome) => [decision(outcome), env("proxyinit", "APPMESH_APP_PORTS")(outcome)],
      expected: ["inject injected", { APPMESH_APP_PORTS: "" }],
    },
  ),
  same("Ports and redirection", "V7", "`ports` is empty", "both: injected, no inbound port is captured", {
    pod: aPod(appmesh({ ports: "" })),
    surroundings: { ...injector, ...deployment },
    observe: env("proxyinit", "APPMESH_APP_PORTS"),
    expected: { APPMESH_APP_PORTS: "" },
  }),
  same("Who gets a sidecar", "V8", "`sidecarInjectorWebhook: Disabled`, in capitals", "both: left alone", {
    pod: aPod(appmesh({ sidecarInjectorWebhook: "Disabled" })),
    observe: decision,
    expected: "skip opted-out",
  }),
  differs(
    "Who gets a sidecar",
    "V9",
    "`sidecarInjectorWebhook: yes` in an enabled namespace",
    "injector: injected; controller: mode unspecified, so left alone without a VirtualNode",
    { ours: "the namespace's mode stays: injected, with a warning", decidedBy: "C25" },
    {
      pod: aPod(appmesh({ sidecarInjectorWebhook: "yes" })),
      observe: decision,
      expected: "inject injected",
    },
  ),
  same(
    "Ports and redirection",
    "V10",
    "Fargate, `ports: 8080`",
    "both: no proxyinit, seven annotations for the CNI plugin",
    {
      pod: fargatePod(),
      surroundings: injector,
      observe: (outcome) => [names(outcome), annotations(...CNI_KEYS)(outcome)],
      expected: [
        ["envoy", "nginx"],
        {
          sidecarInjectorWebhook: "enabled",
          egressIgnoredIPs: "169.254.169.254",
          egressIgnoredPorts: "22",
          ignoredUID: "1337",
          ports: "8080",
          proxyEgressPort: "15001",
          proxyIngressPort: "15000",
        },
      ],
    },
  ),
  same("Ports and redirection", "V11", "Fargate, `ports: 8080`, `appmeshCNI: disabled`", "both: proxyinit", {
    pod: fargatePod(appmesh({ appmeshCNI: "disabled" })),
    surroundings: injector,
    observe: names,
    expected: ["proxyinit", "envoy", "nginx"],
  }),
  ...(["true", "enabled"] as const).map((word) =>
    differs(
      "The `envoy` container",
      `V12 ${word}`,
      `\`preview: ${word}\``,
      `only the ${word === "true" ? "injector" : "controller"} took the word for on`,
      { ours: "both words mean on", decidedBy: "rule: preview" },
      {
        pod: aPod(appmesh({ preview: word })),
        surroundings: { configuration: { flavor: "aws" } },
        observe: env("envoy", "APPMESH_PREVIEW"),
        expected: { APPMESH_PREVIEW: "1" },
      },
    ),
  ),
  differs(
    "Ports and redirection",
    "V13",
    "`egressIgnoredIPs: 10.0.0.0/8` with proxyinit",
    "injector: ignored, 169.254.169.254 stays",
    { ours: "the annotation decides, as with the controller", decidedBy: "rule: union of both programs" },
    {
      pod: aPod(appmesh({ egressIgnoredIPs: "10.0.0.0/8" })),
      surroundings: injector,
      observe: env("proxyinit", "APPMESH_EGRESS_IGNORED_IP"),
      expected: { APPMESH_EGRESS_IGNORED_IP: "10.0.0.0/8" },
    },
  ),
  differs(
    "Ports and redirection",
    "V13 CNI",
    "`egressIgnoredIPs: 10.0.0.0/8` in CNI mode",
    "injector: overwritten",
    { ours: "the annotation decides, as with the controller", decidedBy: "rule: union of both programs" },
    {
      pod: fargatePod(appmesh({ egressIgnoredIPs: "10.0.0.0/8" })),
      surroundings: injector,
      observe: annotations("egressIgnoredIPs"),
      expected: { egressIgnoredIPs: "10.0.0.0/8" },
    },
  ),
  same("Resources", "V14", "`cpuRequest: abc`", "controller: denied (injector: a patch that the API server refuses)", {
    pod: aPod(appmesh({ cpuRequest: "abc" })),
    observe: decision,
    expected: "deny bad-annotation",
  }),
  differs(
    "Mounts and environment",
    "V15",
    "`secretMounts: a:/x,b`",
    "injector: a is mounted, b left out; controller: denied",
    { ours: "denied, as with the controller, naming the second entry", decidedBy: "table of annotations" },
    {
      pod: aPod(appmesh({ secretMounts: "a:/x,b" })),
      observe: decision,
      expected: "deny bad-annotation",
    },
  ),
  differs(
    "The `envoy` container",
    "V1 default image",
    "any pod, default settings",
    "both: AWS's image, configured by environment",
    { ours: "the upstream image, configured by an argument (`flavor: aws` for AWS's)", decidedBy: "setting flavor" },
    { pod: walkthroughPod, observe: part("envoy", "image"), expected: PROXY_IMAGES.envoy },
  ),
  differs(
    "Resources",
    "V1 default requests",
    "any pod, default settings",
    "injector: 100m and 128Mi by its script, 10m and 32Mi by its program; controller: 10m and 32Mi",
    { ours: "10m and 32Mi", decidedBy: "setting proxy.requests.cpu" },
    {
      pod: walkthroughPod,
      observe: part("envoy", "resources"),
      expected: { requests: { cpu: "10m", memory: "32Mi" } },
    },
  ),
  differs(
    "The `envoy` container",
    "V16",
    "a pod that already holds envoy, xray-daemon and proxyinit",
    "injector: duplicates, which the API server refuses; controller: left alone",
    { ours: "denied with the way out: they are not ours, and may be anything", decidedBy: "rule: container names" },
    {
      pod: settled,
      observe: decision,
      expected: "deny container-name-taken",
    },
  ),
  differs(
    "Calls of the webhook",
    "V17",
    "an update of an injected pod",
    "injector: a second sidecar, which the API server refuses",
    { ours: "allowed unchanged", decidedBy: "I1" },
    {
      pod: aPod(),
      surroundings: { request: { operation: "UPDATE", dryRun: false, user: "tester" } },
      observe: decision,
      expected: "skip not-a-create",
    },
  ),
  differs(
    "Who gets a sidecar",
    "V19",
    "a pod on the host's network",
    "both: injected",
    { ours: "left alone, with the reason", decidedBy: "I15" },
    {
      pod: aPod(withSpec({ hostNetwork: true })),
      observe: decision,
      expected: "skip host-network",
    },
  ),
  differs(
    "Ports and redirection",
    "V20",
    "containers with 80/TCP, 53/UDP and 80/TCP again",
    "injector: `80,53,80`",
    { ours: "`80`: TCP only, each once", decidedBy: "I11" },
    {
      pod: aPod(
        withContainers(
          aContainer("a", { ports: [{ containerPort: 80 }, { containerPort: 53, protocol: "UDP" }] }),
          aContainer("b", { ports: [{ containerPort: 80 }] }),
        ),
      ),
      surroundings: injector,
      observe: env("proxyinit", "APPMESH_APP_PORTS"),
      expected: { APPMESH_APP_PORTS: "80" },
    },
  ),
];
