import type { ConfigurationInput } from "../../../src/config/schema.ts";
import type { JsonObject } from "../../../src/model/json.ts";
import { INJECT_KEY } from "../../../src/model/names.ts";
import {
  aContainer,
  aMesh,
  aNode,
  aPod,
  appmesh,
  labelled,
  type PodChange,
  type Surroundings,
  withContainers,
  withSpec,
} from "../../pods.ts";
import { CONTROLLER_SETTINGS } from "./programs.ts";
import { decision, differs, env, names, node, part, same, spec, type Vector } from "./vector.ts";

const configured = (configuration: ConfigurationInput = {}): ConfigurationInput => ({
  ...CONTROLLER_SETTINGS,
  ...configuration,
});
const selecting = (labels: Record<string, string>) => ({ podSelector: { matchLabels: labels, matchExpressions: [] } });
const unselective = (name: string) => {
  const { podSelector: _selector, ...facts } = aNode(name);
  return facts;
};
const x = aNode("x", { ...selecting({ pod: "x" }), meshRef: "my-mesh" });
const y = aNode("y", { ...selecting({ pod: "y" }), meshRef: "my-mesh" });
const all = aNode("all", { ...selecting({}), meshRef: "my-mesh" });
const podX = aPod(labelled({ pod: "x" }));
const GATE = "conditions.appmesh.k8s.aws/aws-cloudmap-healthy";

/** Namespace label × pod annotation, with a VirtualNode that matches and `onMissingVirtualNode: skip` for unspecified. */
const MODES: readonly Vector[] = (
  [
    ["enabled", "enabled", "inject injected"],
    ["enabled", "disabled", "skip opted-out"],
    ["enabled", undefined, "inject injected"],
    ["disabled", "enabled", "inject injected"],
    ["disabled", "disabled", "skip opted-out"],
    ["disabled", undefined, "skip not-opted-in"],
  ] as const
).map(([label, annotation, expected]) =>
  same(
    "Who gets a sidecar",
    `determineSidecarInjectMode: ${label} × ${annotation ?? "none"}`,
    `namespace ${label}, annotation ${annotation ?? "absent"}, a VirtualNode matches`,
    expected.startsWith("inject") ? "injected" : "left alone",
    {
      pod: aPod(
        labelled({ pod: "x" }),
        annotation === undefined ? (pod) => pod : appmesh({ sidecarInjectorWebhook: annotation }),
      ),
      surroundings: { namespace: { labels: { [INJECT_KEY]: label } }, virtualNodes: [x], configuration: configured() },
      observe: decision,
      expected,
    },
  ),
);

function member(
  id: string,
  given: string,
  old: string,
  pod: JsonObject,
  surroundings: Surroundings,
  expected: unknown,
) {
  return same("The virtual node", `Designate: ${id}`, given, old, {
    pod,
    surroundings: { configuration: configured(), ...surroundings },
    observe: (outcome) => node(outcome) ?? decision(outcome),
    expected,
  });
}

const MEMBERSHIP: readonly Vector[] = [
  member("empty selector", "an empty podSelector", "selects every pod", aPod(), { virtualNodes: [all] }, "all_shop"),
  member(
    "no selector",
    "no podSelector",
    "selects no pod",
    podX,
    { virtualNodes: [unselective("x")] },
    "deny missing-virtual-node",
  ),
  member("label", "a podSelector that matches", "that node", podX, { virtualNodes: [x] }, "x_shop"),
  member(
    "other label",
    "a podSelector that does not match",
    "no node",
    aPod(labelled({ pod: "z" })),
    { virtualNodes: [x] },
    "deny missing-virtual-node",
  ),
  member("two, x", "two nodes, one matches", "that one", podX, { virtualNodes: [x, y] }, "x_shop"),
  member(
    "two, both",
    "two nodes that match",
    "denied, naming both",
    podX,
    { virtualNodes: [x, all] },
    "deny ambiguous-virtual-node",
  ),
  member(
    "VN and VG",
    "a node and a gateway that match",
    "denied, naming both",
    podX,
    { virtualNodes: [x], virtualGateways: [all] },
    "deny ambiguous-virtual-node",
  ),
];

const owned = (meshOwner: string | undefined, path: string) =>
  same(
    "The mesh",
    `getAugmentedMeshName: ${meshOwner ?? "unset"}`,
    `mesh owner ${meshOwner ?? "unset"}, own account 000000000000`,
    path,
    {
      pod: podX,
      surroundings: {
        virtualNodes: [x],
        meshes: [aMesh("my-mesh", meshOwner === undefined ? {} : { meshOwner })],
        configuration: configured({ accountId: "000000000000" }),
      },
      observe: env("envoy", "APPMESH_RESOURCE_ARN"),
      expected: { APPMESH_RESOURCE_ARN: `mesh/${path}/virtualNode/x_shop` },
    },
  );

const withX = (configuration: ConfigurationInput = {}): Surroundings => ({
  virtualNodes: [x],
  configuration: configured(configuration),
});
const xray = (settings: Omit<NonNullable<ConfigurationInput["tracing"]>, "provider"> = {}) =>
  withX({ tracing: { provider: "xray", ...settings } });
const changed = (...changes: readonly PodChange[]) => aPod(labelled({ pod: "x" }), ...changes);

const PARTS: readonly Vector[] = [
  same("Tracing and statistics", "xrayMutator: limits", "X-Ray, requests and limits annotated", "the daemon has them", {
    pod: changed(appmesh({ cpuRequest: "20m", memoryRequest: "128Mi", cpuLimit: "80m", memoryLimit: "256Mi" })),
    surroundings: xray(),
    observe: part("xray-daemon", "resources"),
    expected: { requests: { cpu: "20m", memory: "128Mi" }, limits: { cpu: "80m", memory: "256Mi" } },
  }),
  same("Tracing and statistics", "xrayMutator: already present", "the pod has an xray-daemon", "it is used as it is", {
    pod: changed(withContainers(aContainer("app"), aContainer("xray-daemon"))),
    surroundings: xray(),
    observe: names,
    expected: ["proxyinit", "envoy", "app", "xray-daemon"],
  }),
  same("Tracing and statistics", "xrayMutator: level dev and role", "log level dev, a role", "four arguments", {
    pod: changed(),
    surroundings: xray({ xrayLogLevel: "dev", xrayRoleArn: "arn:aws:iam::123456789012:role/xray" }),
    observe: part("xray-daemon", "args"),
    expected: ["--log-level", "dev", "--role-arn", "arn:aws:iam::123456789012:role/xray"],
  }),
  same(
    "Tracing and statistics",
    "xrayMutator: config mount",
    "`xrayAgentConfigMount: xray-daemon-config:/tmp/`",
    "the path kept, a command and no arguments",
    {
      pod: changed(
        withSpec({ volumes: [{ name: "xray-daemon-config" }] }),
        appmesh({ xrayAgentConfigMount: "xray-daemon-config:/tmp/" }),
      ),
      surroundings: xray({ xrayLogLevel: "dev" }),
      observe: (outcome) => ["command", "args", "volumeMounts"].map((key) => part("xray-daemon", key)(outcome)),
      expected: [
        ["/xray", "--config", "/tmp/xray-daemon.yaml"],
        undefined,
        [{ name: "xray-daemon-config", mountPath: "/tmp/", readOnly: true }],
      ],
    },
  ),
  ...["a:/b,c:/d,", "certs"].map((mount) =>
    same("Tracing and statistics", `xrayMutator: ${mount}`, `\`xrayAgentConfigMount: ${mount}\``, "denied", {
      pod: changed(appmesh({ xrayAgentConfigMount: mount })),
      surroundings: xray(),
      observe: decision,
      expected: "deny bad-annotation",
    }),
  ),
  differs(
    "Tracing and statistics",
    "xrayMutator: missing region",
    "X-Ray without a region",
    "controller: pods are rejected",
    { ours: "the daemon finds its region as AWS's SDK does", decidedBy: "I17" },
    {
      pod: changed(),
      surroundings: withX({ region: "", tracing: { provider: "xray" } }),
      observe: part("xray-daemon", "env"),
      expected: [],
    },
  ),
  ...(
    [
      [
        "CloudMap + other gate",
        "a node found by Cloud Map, another gate",
        true,
        [{ conditionType: "a/b" }],
        [{ conditionType: "a/b" }, { conditionType: GATE }],
      ],
      [
        "already there",
        "a node found by Cloud Map, the gate is there",
        true,
        [{ conditionType: GATE }],
        [{ conditionType: GATE }],
      ],
      ["DNS", "a node found by DNS, another gate", false, [{ conditionType: "a/b" }], [{ conditionType: "a/b" }]],
      ["none", "a node found by DNS, no gate", false, undefined, undefined],
    ] as const
  ).map(([id, what, cloudMap, before, after]) =>
    same(
      "Other parts of the pod",
      `cloudMapHealthyReadinessGate: ${id}`,
      `the gate switched on; ${what}`,
      JSON.stringify(after) === JSON.stringify(before) ? "the gates as they were" : "the gate after the others",
      {
        pod: changed(before === undefined ? (pod) => pod : withSpec({ readinessGates: before })),
        surroundings: {
          virtualNodes: [{ ...x, cloudMap }],
          configuration: configured({ cloudMapReadinessGate: true }),
        },
        observe: spec("readinessGates"),
        expected: after,
      },
    ),
  ),
  differs(
    "Other parts of the pod",
    "cloudMapHealthyReadinessGate: default",
    "a node found by Cloud Map, default settings",
    "controller: the gate is added",
    {
      ours: "not added: no pod need wait for Cloud Map; `cloudMapReadinessGate` adds it",
      decidedBy: "rule: Cloud Map readiness gate",
    },
    {
      pod: changed(),
      surroundings: { virtualNodes: [{ ...x, cloudMap: true }], configuration: configured() },
      observe: spec("readinessGates"),
      expected: undefined,
    },
  ),
  ...(
    [
      ["disabled", "", undefined, undefined],
      ["empty", "appmesh-ecr-secret", undefined, ["appmesh-ecr-secret"]],
      ["present", "appmesh-ecr-secret", ["appmesh-ecr-secret"], ["appmesh-ecr-secret"]],
      ["other", "appmesh-ecr-secret", ["other"], ["other", "appmesh-ecr-secret"]],
    ] as const
  ).map(([id, pullSecret, before, after]) =>
    same(
      "Other parts of the pod",
      `ecrSecret: ${id}`,
      `pull secret ${pullSecret || "not configured"}; the pod has ${before?.join() ?? "none"}`,
      after?.join(", ") ?? "none",
      {
        pod: changed(
          before === undefined ? (pod) => pod : withSpec({ imagePullSecrets: before.map((name) => ({ name })) }),
        ),
        surroundings: withX({ proxy: { pullSecret } }),
        observe: spec("imagePullSecrets"),
        expected: after?.map((name) => ({ name })),
      },
    ),
  ),
  ...(
    [
      ["disabled", 0, undefined, undefined],
      ["nil context", 1337, undefined, { fsGroup: 1337 }],
      ["RunAsUser 1", 1337, { runAsUser: 1 }, { runAsUser: 1, fsGroup: 1337 }],
      ["fsGroup 42", 1337, { fsGroup: 42 }, { fsGroup: 42 }],
    ] as const
  ).map(([id, fsGroup, before, after]) =>
    same(
      "Other parts of the pod",
      `iamForServiceAccounts: ${id}`,
      `fsGroup ${fsGroup || "not configured"}; the pod has ${JSON.stringify(before) ?? "none"}`,
      JSON.stringify(after) ?? "none",
      {
        pod: changed(before === undefined ? (pod) => pod : withSpec({ securityContext: before })),
        surroundings: withX({ proxy: { fsGroup } }),
        observe: spec("securityContext"),
        expected: after,
      },
    ),
  ),
];

/** The controller's unit tests of modes, membership, mesh names, X-Ray and the pod's other parts. */
export const CONTROLLER_AROUND: readonly Vector[] = [
  ...MODES,
  ...MEMBERSHIP,
  owned(undefined, "my-mesh"),
  owned("000000000000", "my-mesh"),
  owned("111111111111", "my-mesh@111111111111"),
  ...PARTS,
];
