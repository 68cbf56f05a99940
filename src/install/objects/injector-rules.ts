import { INJECTOR_AUTHORITY_SECRET, INJECTOR_NAME, TRUST_CONFIG_MAP } from "../../model/names.ts";
import type { Certificates } from "./installation-options.ts";
import { MESH_OBJECTS, OWNERS, WATCHED, WATCHED_AND_READ } from "./lookup-rules.ts";
import type { PolicyRule } from "./roles.ts";

/** What the injector may do in the whole cluster. It reads; the one thing that it writes is its own registration. */
export function injectorClusterRules(certificates: Certificates): readonly PolicyRule[] {
  return [
    {
      purpose: "labels that switch injection, and what else a namespace demands of its pods",
      apiGroups: [""],
      resources: ["namespaces"],
      verbs: WATCHED_AND_READ,
    },
    ...OWNERS,
    {
      purpose: "minimums and maximums that the sidecar's resources must keep to",
      apiGroups: [""],
      resources: ["limitranges"],
      verbs: WATCHED,
    },
    {
      purpose: "whether the namespace demands limits of every container",
      apiGroups: [""],
      resources: ["resourcequotas"],
      verbs: WATCHED,
    },
    MESH_OBJECTS,
    {
      purpose: "the mesh's trust, which pods carry; here, so that nothing of the injector lies in another namespace",
      apiGroups: [""],
      resources: ["configmaps"],
      resourceNames: [TRUST_CONFIG_MAP],
      verbs: WATCHED_AND_READ,
    },
    ...(certificates === "own" ? [OWN_REGISTRATION] : []),
  ];
}

const OWN_REGISTRATION: PolicyRule = {
  // RBAC knows objects, not fields: whoever has the injector's token could change what the webhook is called for, too
  purpose:
    "its own certificate authority in its own registration, which it can never create; RBAC cannot confine patch to that field",
  apiGroups: ["admissionregistration.k8s.io"],
  resources: ["mutatingwebhookconfigurations"],
  resourceNames: [INJECTOR_NAME],
  verbs: ["get", "watch", "patch"],
};

/** What the injector may do in its own namespace. */
export function injectorRules(certificates: Certificates): readonly PolicyRule[] {
  if (certificates !== "own") return [];
  return [
    {
      purpose: "its certificate authority, made at the first start, shared by the replicas and renewed",
      apiGroups: [""],
      resources: ["secrets"],
      resourceNames: [INJECTOR_AUTHORITY_SECRET],
      // server-side apply names what it creates, so that creating can be limited to the name
      verbs: ["get", "watch", "create", "patch", "update"],
    },
  ];
}
