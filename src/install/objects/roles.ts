import type { JsonObject } from "../../model/json.ts";
import { type Component, ownershipLabels, PLACES } from "./ownership.ts";

/** One permission, with what it is for. */
export interface PolicyRule {
  /** One line, for whoever reviews the role in the cluster. */
  readonly purpose: string;
  readonly apiGroups: readonly string[];
  readonly resources: readonly string[];
  readonly verbs: readonly string[];
  /** Only these objects. It limits `create` too where server-side apply creates, which names its object beforehand. */
  readonly resourceNames?: readonly string[];
}

/** Annotation of a role with the purpose of each of its rules, in their order, a line each. */
const PURPOSES_KEY = "outrigger.dev/purposes";

/** A role for the whole cluster and its binding to the component's service account. */
export function clusterRole(component: Component, names: ClusterRoleNames, rules: readonly PolicyRule[]): JsonObject[] {
  const labels = ownershipLabels(component);
  return [
    {
      apiVersion: RBAC,
      kind: "ClusterRole",
      metadata: { name: names.role, labels, annotations: purposes(rules) },
      rules: rules.map(ruleObject),
    },
    {
      apiVersion: RBAC,
      kind: "ClusterRoleBinding",
      metadata: { name: names.binding, labels },
      roleRef: { apiGroup: RBAC_GROUP, kind: "ClusterRole", name: names.role },
      subjects: [subject(component)],
    },
  ];
}

/** A role in the component's own namespace and its binding; nothing when there are no rules. */
export function namespacedRole(component: Component, rules: readonly PolicyRule[]): JsonObject[] {
  if (rules.length === 0) return [];
  const metadata = { ...PLACES[component], labels: ownershipLabels(component) };
  return [
    {
      apiVersion: RBAC,
      kind: "Role",
      metadata: { ...metadata, annotations: purposes(rules) },
      rules: rules.map(ruleObject),
    },
    {
      apiVersion: RBAC,
      kind: "RoleBinding",
      metadata,
      roleRef: { apiGroup: RBAC_GROUP, kind: "Role", name: metadata.name },
      subjects: [subject(component)],
    },
  ];
}

interface ClusterRoleNames {
  readonly role: string;
  readonly binding: string;
}

const RBAC_GROUP = "rbac.authorization.k8s.io";
const RBAC = `${RBAC_GROUP}/v1`;

function ruleObject(given: PolicyRule): JsonObject {
  const { purpose: _, ...rule } = given;
  return rule;
}

function purposes(rules: readonly PolicyRule[]): JsonObject {
  const lines = rules.map(({ purpose, verbs, resources }) => `${verbs.join(",")} ${resources.join(",")}: ${purpose}\n`);
  return { [PURPOSES_KEY]: lines.join("") };
}

function subject(component: Component): JsonObject {
  return { kind: "ServiceAccount", ...PLACES[component] };
}
