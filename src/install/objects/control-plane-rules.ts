import { APPMESH_GROUP, KIND_FACTS, KINDS } from "../../model/kinds.ts";
import {
  CONTROL_PLANE_NAME,
  INJECTOR_NAME,
  MESH_AUTHORITY_SECRET,
  OBJECT_WEBHOOK_NAME,
  TRUST_CONFIG_MAP,
  WORKLOAD_AUTHORITY_SECRET,
} from "../../model/names.ts";
import { MESH_OBJECTS, OWNERS, WATCHED, WATCHED_AND_READ } from "./lookup-rules.ts";
import type { PolicyRule } from "./roles.ts";

/**
 * What the control plane may do in the whole cluster. Evicting pods that slipped through is asked for by a setting, and so
 * are the permissions for it; `create` on pods is further limited to dry runs by an admission policy.
 */
export function controlPlaneClusterRules(evicts: boolean): readonly PolicyRule[] {
  return [
    {
      purpose: "which pod a sidecar's token names, and which pods slipped through",
      apiGroups: [""],
      resources: ["pods"],
      verbs: WATCHED_AND_READ,
    },
    {
      purpose: "which namespaces are injected, and what they demand of their pods",
      apiGroups: [""],
      resources: ["namespaces"],
      verbs: WATCHED_AND_READ,
    },
    ...OWNERS,
    {
      purpose: "whether a pod that slipped through would be injected now",
      apiGroups: [""],
      resources: ["limitranges", "resourcequotas"],
      verbs: WATCHED,
    },
    MESH_OBJECTS,
    {
      purpose: "what the mesh says beside nodes, which pods are found by",
      apiGroups: ["appmesh.k8s.aws"],
      resources: ["virtualservices", "virtualrouters", "gatewayroutes", "backendgroups"],
      verbs: WATCHED,
    },
    {
      purpose: "addresses of Services, by which TCP services of the mesh are told apart",
      apiGroups: [""],
      resources: ["services"],
      verbs: WATCHED,
    },
    {
      purpose: "the same of headless Services",
      apiGroups: ["discovery.k8s.io"],
      resources: ["endpointslices"],
      verbs: WATCHED,
    },
    {
      purpose: "whether a sidecar's token is genuine, where its signature cannot be verified here",
      apiGroups: ["authentication.k8s.io"],
      resources: ["tokenreviews"],
      verbs: ["create"],
    },
    {
      purpose: "since when there is an injector: a pod that is older did not slip through",
      apiGroups: ["admissionregistration.k8s.io"],
      resources: ["mutatingwebhookconfigurations"],
      resourceNames: [INJECTOR_NAME],
      verbs: ["get"],
    },
    {
      purpose:
        "what App Mesh's webhook wrote into objects, where ours was away, and letting go of deleted ones that its controller's finalizers hold; an admission policy refuses any other change",
      apiGroups: [APPMESH_GROUP],
      resources: KINDS.map((kind) => KIND_FACTS[kind].plural),
      verbs: ["patch"],
    },
    {
      purpose: "whether they are in effect, why not, and their ARNs",
      apiGroups: [APPMESH_GROUP],
      resources: KINDS.filter((kind) => KIND_FACTS[kind].condition !== undefined).map(
        (kind) => `${KIND_FACTS[kind].plural}/status`,
      ),
      verbs: ["patch"],
    },
    {
      purpose:
        "the condition of App Mesh's readiness gate for Cloud Map, on pods that have the gate; an admission policy refuses any other change",
      apiGroups: [""],
      resources: ["pods/status"],
      verbs: ["patch"],
    },
    {
      purpose: "the authority of its certificate, in its own registrations",
      apiGroups: ["admissionregistration.k8s.io"],
      resources: ["mutatingwebhookconfigurations", "validatingwebhookconfigurations"],
      resourceNames: [OBJECT_WEBHOOK_NAME],
      verbs: ["get", "watch", "patch"],
    },
    {
      purpose:
        "saying on a workload that its pods were skipped or slipped through, and on an App Mesh object what is wrong",
      apiGroups: [""],
      resources: ["events"],
      verbs: ["create", "patch"],
    },
    ...(evicts ? EVICTION : []),
  ];
}

const EVICTION: readonly PolicyRule[] = [
  {
    purpose: "having pods that slipped through created again, within their disruption budgets",
    apiGroups: [""],
    resources: ["pods/eviction"],
    verbs: ["create"],
  },
  {
    purpose: "trying, as a dry run, whether a pod would be injected; an admission policy refuses anything else",
    apiGroups: [""],
    resources: ["pods"],
    verbs: ["create"],
  },
];

/** What the control plane may do in its own namespace. `secrets`: names of those that ARNs of certificates mean, and no other one may be read. */
export function controlPlaneRules(secrets: readonly string[]): readonly PolicyRule[] {
  return [...OWN_RULES, ...(secrets.length === 0 ? [] : [meantSecrets(secrets)])];
}

function meantSecrets(names: readonly string[]): PolicyRule {
  return {
    purpose:
      "certificates that ARNs of controlPlane.certificates.secrets mean, for proxies of the namespaces listed there",
    apiGroups: [""],
    resources: ["secrets"],
    resourceNames: names,
    verbs: ["get", "watch"],
  };
}

const OWN_RULES: readonly PolicyRule[] = [
  {
    purpose: "being elected the one replica that writes",
    apiGroups: ["coordination.k8s.io"],
    resources: ["leases"],
    resourceNames: [CONTROL_PLANE_NAME],
    // server-side apply names what it creates, so that creating can be limited to the name
    verbs: ["get", "create", "patch", "update"],
  },
  {
    purpose: "the mesh's authority, made at the first start, shared by the replicas and renewed",
    apiGroups: [""],
    resources: ["secrets"],
    resourceNames: [MESH_AUTHORITY_SECRET],
    verbs: ["get", "watch", "create", "patch", "update"],
  },
  {
    purpose: "the authority that signs certificates of nodes, made when one wants it first",
    apiGroups: [""],
    resources: ["secrets"],
    resourceNames: [WORKLOAD_AUTHORITY_SECRET],
    verbs: ["get", "watch", "create", "patch", "update"],
  },
  {
    purpose: "whether App Mesh's own controller runs here, which then writes statuses and ends its finalizers",
    apiGroups: ["apps"],
    resources: ["deployments"],
    resourceNames: ["appmesh-controller"],
    verbs: ["get"],
  },
  {
    purpose: "publishing the mesh's trust",
    apiGroups: [""],
    resources: ["configmaps"],
    resourceNames: [TRUST_CONFIG_MAP],
    verbs: ["get", "list", "watch", "create", "patch"],
  },
  {
    purpose: "saying what this replica knows of its proxies; an admission policy refuses ConfigMaps of other names",
    apiGroups: [""],
    resources: ["configmaps"],
    // server-side apply takes both where there was nothing
    verbs: ["patch", "create"],
  },
  {
    purpose: "what the other replicas know of theirs, for the one that says it on App Mesh objects",
    apiGroups: [""],
    resources: ["configmaps"],
    verbs: WATCHED,
  },
];
