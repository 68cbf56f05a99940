import { type JsonObject, member } from "../../../src/model/json.ts";
import { INJECT_KEY } from "../../../src/model/names.ts";
import {
  aContainer,
  aNode,
  annotated,
  aPod,
  appmesh,
  containersOf,
  injected,
  labelled,
  ownedBy,
  type PodChange,
  type Surroundings,
  withContainers,
  withSpec,
} from "../../pods.ts";
import { INJECTOR_SETTINGS } from "./programs.ts";
import { decision, differs, env, names, node, part, same, type Vector } from "./vector.ts";

const ports = "Ports and redirection";
const tcp = (port: number) => withContainers(aContainer("a", { ports: [{ containerPort: port }] }));
const bare: JsonObject = { metadata: { name: "a" }, spec: { containers: [{ name: "a" }] } };
const list = (count: number) => Array.from({ length: count }, (_, index) => index + 8000).join(",");

const OWNERS: readonly Vector[] = (
  [
    ["Deployment", "apps/v1"],
    ["Rollout", "argoproj.io/v1alpha1"],
    ["ReplicaSet", "apps/v1"],
    ["StatefulSet", "apps/v1"],
    ["DaemonSet", "apps/v1"],
    ["Job", "batch/v1"],
    ["ReplicationController", "v1"],
    ["Database", "example.com/v1"],
  ] as const
).map(([kind, apiVersion]) =>
  same(
    "The virtual node",
    `owner: ${kind}`,
    `a pod of ${kind} web in namespace shop, \`virtualNodeNaming: owner-namespace\``,
    "`web-shop`",
    {
      pod: aPod(),
      surroundings: { owner: ownedBy(kind, "web", apiVersion), configuration: INJECTOR_SETTINGS },
      observe: node,
      expected: "web-shop",
    },
  ),
);

const OPERATIONS: readonly Vector[] = ["DELETE", "CONNECT"].map((operation) =>
  same("Calls of the webhook", `operation ${operation}`, `operation ${operation}`, "controller: allowed unchanged", {
    pod: aPod(),
    surroundings: { request: { operation, dryRun: false, user: "tester" } },
    observe: decision,
    expected: "skip not-a-create",
  }),
);

/** Ports of the sidecar that the pod declares itself. */
const COLLISIONS: readonly Vector[] = [9901, 15000, 15001, 15020].map((port) =>
  differs(
    ports,
    `port collision: ${port}`,
    `a container declares ${port}`,
    port === 15020 ? "both: not used by them" : "both: injected; one of the two cannot listen",
    { ours: "denied, naming the container and the port", decidedBy: "rule: conflicts come first" },
    {
      pod: aPod(tcp(port)),
      observe: decision,
      expected: "deny port-taken",
    },
  ),
);

/** Every optional parent left out, one at a time and together: the patch must apply all the same. */
const PARENTS: readonly Vector[] = (
  [
    ["annotations", aPod()],
    ["labels and annotations", bare],
    [
      "volumes, init containers, pull secrets and security context",
      aPod(withSpec({ automountServiceAccountToken: false })),
    ],
    ["ports and environment of its container", aPod(withContainers({ name: "a" }))],
    [
      "metadata other than a generated name",
      { metadata: { generateName: "a-" }, spec: { containers: [{ name: "a" }] } },
    ],
  ] satisfies (readonly [string, JsonObject])[]
).map(([what, pod]) =>
  differs(
    "Other parts of the pod",
    `no ${what}`,
    `a pod without ${what}`,
    "injector: some of its patches do not apply",
    { ours: "what is missing is made", decidedBy: "I3–I7" },
    {
      pod,
      surroundings: {
        configuration: {
          proxy: { fsGroup: 1337, pullSecret: "pull" },
          tracing: { provider: "jaeger" },
          sds: { enabled: true },
        },
      },
      observe: ({ result, pod: after }) => [result.outcome, member(member(after, "spec"), "securityContext")],
      expected: ["inject", { fsGroup: 1337 }],
    },
  ),
);

const twice: Vector["observe"] = ({ pod }) => injected(pod).result.patch;
const fargate: PodChange = labelled({ "eks.amazonaws.com/fargate-profile": "fp1" });
const slip: Surroundings = {
  namespace: { labels: { [INJECT_KEY]: "disabled" } },
  virtualNodes: [aNode("nginx")],
};

/** What no test of the old programs covered. */
export const HARD_CASES: readonly Vector[] = [
  ...OWNERS,
  ...OPERATIONS,
  ...COLLISIONS,
  ...PARENTS,
  differs(
    "Calls of the webhook",
    "second pass",
    "an injected pod comes again",
    "injector: everything twice; controller: parts that are missing",
    { ours: "an empty patch", decidedBy: "I1" },
    {
      pod: aPod(),
      observe: twice,
      expected: [],
    },
  ),
  differs(
    "Who gets a sidecar",
    "typo in a disabled namespace",
    "annotation `yes` in a namespace labelled `disabled`, a VirtualNode matches",
    "controller: injected, the typo overrides the label",
    { ours: "left alone, with a warning", decidedBy: "C25" },
    {
      pod: aPod(appmesh({ sidecarInjectorWebhook: "yes" })),
      surroundings: slip,
      observe: decision,
      expected: "skip not-opted-in",
    },
  ),
  same(
    "Who gets a sidecar",
    "namespace without label",
    "a namespace without the label, the pod annotated `enabled`",
    "both: never called",
    {
      pod: aPod(appmesh({ sidecarInjectorWebhook: "enabled" })),
      surroundings: { namespace: { labels: {} } },
      observe: decision,
      expected: "skip namespace-not-enabled",
    },
  ),
  differs(
    "The mesh",
    "annotation `mesh`",
    "annotation `mesh` and a VirtualNode of another mesh",
    "injector: the annotation decides; controller: the VirtualNode",
    { ours: "denied, naming both", decidedBy: "rule: mesh" },
    {
      pod: aPod(appmesh({ mesh: "mine" })),
      surroundings: { virtualNodes: [aNode("nginx")] },
      observe: decision,
      expected: "deny mesh-mismatch",
    },
  ),
  same("The mesh", "annotation alone", "annotation `mesh: my-mesh`", "injector: my-mesh", {
    pod: aPod(appmesh({ mesh: "my-mesh", virtualNode: "n" })),
    surroundings: { configuration: INJECTOR_SETTINGS },
    observe: env("envoy", "APPMESH_VIRTUAL_NODE_NAME"),
    expected: { APPMESH_VIRTUAL_NODE_NAME: "mesh/my-mesh/virtualNode/n" },
  }),
  differs(
    "The mesh",
    "empty mesh",
    "annotation `mesh` is empty",
    "injector: `mesh//virtualNode/…`, which no control plane knows",
    { ours: "denied", decidedBy: "I17" },
    {
      pod: aPod(appmesh({ mesh: "" })),
      observe: decision,
      expected: "deny bad-annotation",
    },
  ),
  differs(
    "The mesh",
    "no mesh",
    "neither annotation nor VirtualNode nor configuration names a mesh",
    "injector: `mesh//virtualNode/…`",
    { ours: "the one Mesh that selects the namespace, else denied", decidedBy: "I17" },
    {
      pod: aPod(),
      surroundings: { configuration: { meshName: "" } },
      observe: decision,
      expected: "deny no-mesh",
    },
  ),
  differs(
    "The virtual node",
    "empty virtualNode",
    "annotation `virtualNode` is empty",
    "injector: `…/virtualNode/`, which no control plane knows",
    { ours: "denied", decidedBy: "table of annotations" },
    {
      pod: aPod(appmesh({ virtualNode: "" })),
      observe: decision,
      expected: "deny bad-annotation",
    },
  ),
  differs(
    ports,
    "16 ports",
    "sixteen inbound ports",
    "both: proxyinit fails after half of its rules",
    { ours: "captured by our proxyinit, denied for AWS's", decidedBy: "C20" },
    {
      pod: aPod(appmesh({ ports: list(16) })),
      observe: env("proxyinit", "APPMESH_APP_PORTS"),
      expected: { APPMESH_APP_PORTS: list(16) },
    },
  ),
  same(ports, "blanks in ports", "`ports: 80, 443`", "both ports", {
    pod: aPod(appmesh({ ports: "80, 443" })),
    observe: env("proxyinit", "APPMESH_APP_PORTS"),
    expected: { APPMESH_APP_PORTS: "80,443" },
  }),
  differs(
    ports,
    "names of services",
    "`ports: http`",
    "both: passed on, iptables may know the name",
    { ours: "denied: a port is a number, and the CNI plugin never took a name", decidedBy: "table of annotations" },
    {
      pod: aPod(appmesh({ ports: "http" })),
      observe: decision,
      expected: "deny bad-annotation",
    },
  ),
  differs(
    ports,
    "UDP only",
    "a pod with UDP ports only",
    "injector: they were captured as TCP ports",
    { ours: "outgoing traffic only, with a warning", decidedBy: "I11" },
    {
      pod: aPod(withContainers(aContainer("dns", { ports: [{ containerPort: 53, protocol: "UDP" }] }))),
      observe: env("proxyinit", "APPMESH_APP_PORTS"),
      expected: { APPMESH_APP_PORTS: "" },
    },
  ),
  differs(
    "Mounts and environment",
    "two containers and secretMounts",
    "two app containers, `secretMounts`",
    "injector: the second container's mounts are destroyed",
    { ours: "Envoy gets the mount, the others stay", decidedBy: "I2" },
    {
      pod: aPod(withContainers(aContainer("a"), aContainer("b")), appmesh({ secretMounts: "certs:/certs" })),
      observe: ({ pod }) => containersOf(pod),
      expected: [aContainer("a"), aContainer("b")],
    },
  ),
  differs(
    "Mounts and environment",
    "secret with dots",
    "`secretMounts: tls.v1:/certs`",
    "both: a volume name that the API server refuses",
    { ours: "a volume name made of it with a hash", decidedBy: "C24" },
    {
      pod: aPod(appmesh({ secretMounts: "tls.v1:/certs" })),
      surroundings: { configuration: { flavor: "aws" } },
      observe: part("envoy", "volumeMounts"),
      expected: [{ name: "envoy-secret-tls-v1-4b260d66", mountPath: "/certs", readOnly: true }],
    },
  ),
  differs(
    "Tracing and statistics",
    "Fargate and tracing",
    "Fargate, Jaeger, no init containers",
    "injector: rejected for a patch that does not apply",
    { ours: "injected", decidedBy: "I5" },
    {
      pod: aPod(fargate),
      surroundings: { configuration: { flavor: "aws", tracing: { provider: "jaeger" } } },
      observe: names,
      expected: ["envoy", "nginx"],
    },
  ),
  differs(
    ports,
    "port collision: 2000/UDP",
    "a container declares 2000/UDP, X-Ray is on",
    "both: injected; one of the two cannot listen",
    { ours: "denied, naming the container and the port", decidedBy: "rule: conflicts come first" },
    {
      pod: aPod(withContainers(aContainer("a", { ports: [{ containerPort: 2000, protocol: "UDP" }] }))),
      surroundings: { configuration: { tracing: { provider: "xray" } } },
      observe: decision,
      expected: "deny port-taken",
    },
  ),
  differs(
    "The `envoy` container",
    "app as UID 1337",
    "an app container with `runAsUser: 1337`",
    "both: silently outside the mesh",
    { ours: "injected, with a warning", decidedBy: "rule: conflicts come first" },
    {
      pod: aPod(withSpec({ securityContext: { runAsUser: 1337 } })),
      observe: ({ result }) => result.warnings.filter((text) => text.includes("UID 1337")).length,
      expected: 1,
    },
  ),
  differs(
    "Other parts of the pod",
    "runAsNonRoot",
    "a pod with `runAsNonRoot: true`",
    "both: proxyinit fails",
    { ours: "proxyinit says itself that it runs as root", decidedBy: "C8" },
    {
      pod: aPod(withSpec({ securityContext: { runAsNonRoot: true } })),
      observe: (outcome) => member(part("proxyinit", "securityContext")(outcome) as JsonObject, "runAsNonRoot"),
      expected: false,
    },
  ),
  differs(
    "Virtual gateways",
    "pull secret",
    "a gateway's pod, a pull secret configured",
    "controller: not added",
    { ours: "added: its Envoy is pulled from the same place", decidedBy: "setting proxy.pullSecret" },
    {
      pod: aPod(labelled({ app: "gw" }), withContainers(aContainer("envoy"))),
      surroundings: { virtualGateways: [aNode("gw")], configuration: { proxy: { pullSecret: "pull" } } },
      observe: ({ pod }) => member(member(pod, "spec"), "imagePullSecrets"),
      expected: [{ name: "pull" }],
    },
  ),
  differs(
    "Who gets a sidecar",
    "mirror and Windows pods",
    "a mirror pod",
    "both: not considered",
    {
      ours: "left alone, with the reason; so are pods with `spec.os.name: windows`",
      decidedBy: "rule: never injected",
    },
    {
      pod: aPod(annotated({ "kubernetes.io/config.mirror": "x" })),
      observe: decision,
      expected: "skip mirror-pod",
    },
  ),
  differs(
    "Who gets a sidecar",
    "another mesh",
    "a pod of Istio, Linkerd, Consul or Kuma",
    "both: not considered, so two sidecars",
    { ours: "left alone, with the reason (`otherMesh: insist` injects)", decidedBy: "setting otherMesh" },
    {
      pod: aPod(withContainers(aContainer("a"), aContainer("istio-proxy"))),
      observe: decision,
      expected: "skip other-mesh",
    },
  ),
];
