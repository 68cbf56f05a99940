import { USE_REMOTE_ADDRESS_KEY } from "../../src/graph/annotations.ts";
import { ANNOTATIONS, type Annotation, CNI_OUTPUT_KEYS, type Leniency } from "../../src/inject/annotation-table.ts";
import {
  APPMESH_PREFIX,
  INJECT_KEY,
  RECORD_KEY,
  TOKEN_SDS_KEY,
  TRUST_KEY,
  TRUST_SDS_KEY,
} from "../../src/model/names.ts";
import { NAMESPACES_KEY } from "../../src/model/shared-namespaces.ts";
import { code, table } from "./markdown.ts";
import type { Page } from "./page.ts";

/** `docs/annotations.md`: every annotation that a pod may carry, and what comes of a value that is not of its form. */
export const ANNOTATIONS_PAGE: Page = { path: "docs/annotations.md", render };

/** What the injector writes, and what for. */
const WRITTEN: readonly (readonly [string, string])[] = [
  [RECORD_KEY, "what was put into the pod, so that it is recognised and can be taken out again"],
  [TRUST_KEY, "certificates of the mesh's authority; the sidecar reads them as a file"],
  [TRUST_SDS_KEY, "tells Envoy where that file is"],
  [TOKEN_SDS_KEY, "tells Envoy where the pod's token is"],
];

function render(): string {
  const values = ANNOTATIONS.map((spec) => [code(spec.key), spec.does, spec.form, code(spec.example)]);
  const leniency = ANNOTATIONS.map((spec) => [
    code(spec.key),
    told(spec, spec.empty),
    told(spec, spec.unknownWord),
    told(spec, spec.malformed),
  ]);
  const parts = [
    INTRODUCTION,
    table(["annotation", "does", "form", "example"], values),
    OTHER_VALUES,
    table(["annotation", "empty", "another word (`maybe`)", "not of the form"], leniency),
    SHARING,
    DISCOVERY,
    CLIENT_ADDRESS,
    `## What the injector writes

A pod that carries one of these before it was injected is denied: they were saved from a running pod. \`outrigger uninject\`
takes them out together with the sidecar.`,
    table(
      ["annotation", "holds"],
      WRITTEN.map(([key, holds]) => [code(key), holds]),
    ),
    `In CNI mode it also writes, or replaces, ${[...["sidecarInjectorWebhook", "ports", "egressIgnoredPorts", "egressIgnoredIPs"].map((name) => `${APPMESH_PREFIX}${name}`), ...CNI_OUTPUT_KEYS].map(code).join(", ")}, which
the App Mesh CNI plugin reads when the pod's sandbox is made.`,
  ];
  return `${parts.join("\n\n")}\n`;
}

function told(annotation: Annotation<unknown>, value: Leniency): string {
  return value === "warn" ? `warning: ${annotation.otherwise}` : value === "deny" ? "denied" : "accepted";
}

const INTRODUCTION = `# Annotations

This page is written out of the source by \`node scripts/write-docs.ts\`; a test fails when it is stale.

A namespace is switched on by its *label* \`${INJECT_KEY}: enabled\`. With the value \`disabled\` its pods get a sidecar only if they
ask for it themselves; without the label the injector is never called. Everything else is said by annotations of the *pod*, so of
the pod template in a workload. Values of annotations are text: write numbers and \`true\` in quotes.

Blanks around a value do not matter, nor do those around an entry of a list. Lists are separated by commas; a list has at most 1,024 entries. As everywhere in a pod, the kubelet
expands \`$(NAME)\` in the value of an environment variable; \`$$(NAME)\` stands for the text itself.`;

const SHARING = `## Nodes for pods of other namespaces

A pod is a virtual node or virtual gateway of its own namespace. \`${NAMESPACES_KEY}: team-b,team-c\` on a VirtualNode or VirtualGateway, or \`*\`, lets pods of those namespaces be it too: they name it by
\`${APPMESH_PREFIX}virtualNode: <its awsName>\`, such as \`web_team-a\`; no podSelector reaches over. It counts only for namespaces that its Mesh selects. An object of that name in the pod's own namespace comes first.`;

const DISCOVERY = `## How a node is found

\`outrigger.dev/discovery: endpoints\` on a VirtualNode whose host name is a Service of the cluster: its callers send each request to one of the Service's pods, as its EndpointSlices have them; \`dns\`: to what DNS answers. Without it the setting \`controlPlane.discovery\` counts.
[Where a node is found](control-plane.md#where-a-node-is-found)`;

const CLIENT_ADDRESS = `## Where a gateway takes the addresses of clients from

\`${USE_REMOTE_ADDRESS_KEY}: "true"\` on a VirtualGateway whose clients connect to it themselves, or through a load balancer that passes their addresses on: it adds the address of each connection to \`x-forwarded-for\`, and says by \`x-forwarded-proto\` what the connection speaks. Without it both stay as somebody before the gateway wrote them.
[Gateways](control-plane.md#gateways)`;

const OTHER_VALUES = `## Values of another form

What worked with one of the AWS programs is never denied. What they would have passed on broken is denied, and the message names the
key, the value (but of no environment variable: that may be secret), the position in a list and the form. A value that is taken with a warning has the effect that stands there.
Unknown keys below \`${APPMESH_PREFIX}\` and \`outrigger.dev/\` are warned about, with the nearest known one.`;
