import type { Outcome, Reason } from "../../src/inject/decision.ts";

interface ReasonText {
  readonly outcome: Outcome;
  readonly means: string;
  readonly advice: string;
}

type Row = readonly [means: string, advice: string];

const INJECT = {
  injected: ["the sidecar is put into the pod", "nothing"],
  "already-injected": [
    "the pod has its sidecar; another webhook made the API server ask again, or a saved manifest is injected twice. A trust bundle that was missing is added",
    "nothing; `outrigger inject --refresh` brings an older sidecar up to date",
  ],
} as const satisfies Partial<Record<Reason, Row>>;

const SKIP = {
  "not-a-create": [
    "only the creation of a pod injects; updates and everything else pass",
    "delete the pod, so that its workload makes a new one",
  ],
  "host-network": [
    "the pod uses the network of its node, and redirecting that would redirect the node's traffic",
    "take `hostNetwork` out of the pod",
  ],
  "mirror-pod": [
    "a static pod, which the kubelet runs from a file; the API server only mirrors it",
    "run it as a DaemonSet",
  ],
  "opted-out": [
    "annotation `appmesh.k8s.aws/sidecarInjectorWebhook: disabled`",
    "remove the annotation, or set it to `enabled`",
  ],
  windows: [
    "`spec.os`, the node selector or every term of the required node affinity says that the pod is for Windows, and there is no such sidecar",
    "nothing can be done",
  ],
  "namespace-excluded": [
    "the namespace is in the setting `excludedNamespaces`: the cluster's own and the injector's",
    "run the workload in another namespace",
  ],
  "namespace-not-enabled": [
    "the namespace has no label `appmesh.k8s.aws/sidecarInjectorWebhook`, or one with an unknown value",
    "label it `enabled`, or `disabled` for pods that ask themselves",
  ],
  "not-opted-in": [
    "the namespace is labelled `disabled`, or the setting `injectDefault` is off, and the pod does not ask",
    "annotate the pod `appmesh.k8s.aws/sidecarInjectorWebhook: enabled`",
  ],
  "other-mesh": [
    "the pod is in another mesh, or that mesh's injector will choose it: Istio, Linkerd, Consul, Kuma, Open Service Mesh",
    "take it out of the other mesh, or configure `otherMesh: insist`",
  ],
  "no-virtual-node": [
    "no VirtualNode or VirtualGateway selects the pod, and `onMissingVirtualNode` is `skip`",
    "create one, or annotate the pod `appmesh.k8s.aws/virtualNode`",
  ],
} as const satisfies Partial<Record<Reason, Row>>;

const DENY = {
  "bad-annotation": [
    "the value of an annotation cannot be used; the message tells key, value, position and form",
    "correct it, see [annotations](annotations.md)",
  ],
  "record-mismatch": [
    "the record of an earlier injection does not fit the pod, or is not there beside its sidecar: the manifest was saved from a running pod and changed, or `kubectl debug` copied it",
    "`outrigger uninject`, or remove the sidecar together with `outrigger.dev/injected`; for a copy the flags of `kubectl debug` that the message names",
  ],
  "reserved-annotation": ["an annotation that only the injector writes, without its record", "remove it"],
  "no-mesh": [
    "neither the annotation, nor a VirtualNode, nor the configuration names a mesh, and none selects the namespace",
    "set `MESH_NAME` at install, annotate the pod, or give a Mesh a `namespaceSelector`",
  ],
  "mesh-mismatch": [
    "the annotation names another mesh than that of the VirtualNode that selects the pod",
    "remove the annotation, or correct one of the two",
  ],
  "ambiguous-mesh": [
    "several Meshes select the namespace",
    "annotate the pod `appmesh.k8s.aws/mesh`, or change their selectors",
  ],
  "ambiguous-virtual-node": [
    "several VirtualNodes or VirtualGateways select the pod; the message names them",
    "change their `podSelector`s, or annotate the pod `appmesh.k8s.aws/virtualNode`",
  ],
  "missing-virtual-node": [
    "no VirtualNode or VirtualGateway selects the pod, and `onMissingVirtualNode` is `deny`",
    "create one, or annotate the pod `appmesh.k8s.aws/virtualNode`",
  ],
  "two-meshes": ["the pod has our sidecar and that of another mesh", "switch one of the two injections off for it"],
  "container-name-taken": [
    "a container named `envoy` or `proxyinit` that is not ours; often left by one of the AWS injectors. Or the pod is a virtual gateway's, whose VirtualGateway came after it, as with Helm",
    "remove it from the pod template, or rename it. The pod of a gateway is created by itself once a VirtualGateway selects it",
  ],
  "volume-name-taken": ["a volume has a name that the sidecar needs", "rename it"],
  "port-taken": [
    "a container declares, or the captured ports include, a port of the sidecar: 15000, 15001, 15020, the admin port, or 2000/UDP with X-Ray",
    "use another port, or leave it out of `appmesh.k8s.aws/ports`",
  ],
  "too-many-ports": [
    "AWS's capture program takes at most fifteen inbound ports, a range counting as two",
    "list fewer in `appmesh.k8s.aws/ports`, or leave `capture.image` to its default",
  ],
  "reserved-env": ["the pod sets a variable for Envoy that the sidecar needs itself", "choose another name"],
  "missing-volume": [
    "an annotation mounts a volume that the pod does not have",
    "add the volume, or correct the annotation",
  ],
  "limits-cannot-be-met": [
    "a LimitRange or the pod's own limits leave no room for the sidecar's resources; the message tells both numbers",
    "change one of them: `appmesh.k8s.aws/cpuRequest` and its siblings, or the LimitRange",
  ],
  "annotations-too-large": [
    "with the sidecar's the pod's annotations exceed 262,144 bytes",
    "shorten the ones that the message names",
  ],
  "bootstrap-too-large": [
    "Envoy's configuration exceeds 131,071 bytes, the longest argument of a program",
    "use fewer or shorter probes",
  ],
  "trust-missing": [
    "the mesh's certificates are not known yet, so the sidecar could not verify its control plane",
    "look whether the control plane runs; it publishes them",
  ],
  "gateway-without-envoy": [
    "the pod of a virtual gateway has no container named `envoy`",
    "name the container so that is to run it",
  ],
  "gateway-with-command": [
    "the gateway's container sets `command` or `args`, but its configuration is an argument",
    "remove them, or use the flavor `aws`",
  ],
  "gateway-with-exec-probe": [
    "a probe of the gateway's container runs a command, and the image that is filled in has none; one that names the admin port (`curl …:9901`) is rewritten instead",
    "ask by `httpGet` for `/ready` on port 15020, or keep an image of your own (`appmesh.k8s.aws/virtualGatewaySkipImageOverride`)",
  ],
  "bad-pod": [
    "the API server would refuse this pod, or there is nothing to name its virtual node by",
    "correct the manifest",
  ],
} as const satisfies Partial<Record<Reason, Row>>;

/** What each reason means; the compiler sees to it that none is missing. */
export const REASON_TEXTS: Readonly<Record<Reason, ReasonText>> = {
  ...described("inject", INJECT),
  ...described("skip", SKIP),
  ...described("deny", DENY),
};

function described<K extends Reason>(outcome: Outcome, rows: Readonly<Record<K, Row>>): Record<K, ReasonText> {
  const entries = (Object.entries(rows) as [K, Row][]).map(([reason, [means, advice]]) => [
    reason,
    { outcome, means, advice },
  ]);
  return Object.fromEntries(entries) as Record<K, ReasonText>;
}
