import { configuration as defaultConfiguration } from "../../config/schema.ts";
import { inject } from "../../inject/inject.ts";
import type { ClusterFacts } from "../facts/cluster-facts.ts";
import { type NamespaceState, takesPart } from "../facts/namespace-state.ts";
import { valueIn } from "../facts/reading.ts";
import { type Check, type CheckProblem, count, unread } from "./check.ts";

const LEVEL = "pod-security.kubernetes.io/enforce";
/** A pod with nothing special; what the engine warns about is the namespace's doing. */
const PLAIN_POD = {
  metadata: { name: "check", annotations: { "appmesh.k8s.aws/mesh": "check" } },
  spec: { containers: [{ name: "app", image: "app", ports: [{ containerPort: 8080 }] }] },
};

export const podSecurity: Check = {
  id: "pod-security",
  title: "Pod Security levels",
  about: "cluster",
  run(facts) {
    const { namespaces, testAdmissions } = facts;
    if (namespaces.kind !== "read") return unread(namespaces, "namespace of this name");
    const partaking = namespaces.value.filter(takesPart);
    if (partaking.length === 0) return { notApplicable: "no namespace is labelled" };
    const levelled = partaking.filter(({ labels }) => labels[LEVEL] !== undefined);
    const refusing = new Map(
      testAdmissions.flatMap(({ namespace, result }) =>
        result.kind === "refused" && result.by === "pod-security" ? [[namespace, result.message] as const] : [],
      ),
    );
    const problems = partaking.flatMap((namespace): readonly CheckProblem[] => {
      const message = refusing.get(namespace.name);
      const warning = warningAbout(namespace, facts);
      if (message === undefined && warning === undefined) return [];
      const saw = message ?? warning ?? "";
      return [
        {
          status: message === undefined ? "warning" : "failed",
          saw: `namespace ${namespace.name}: ${saw}`,
          hint: hint(namespace),
        },
      ];
    });
    return { found: `${count(levelled.length, "labelled namespace")} with a level of its own`, problems };
  },
};

/** What the engine says to a plain pod of this namespace about its level. */
function warningAbout(namespace: NamespaceState, { configuration, release }: ClusterFacts): string | undefined {
  const result = inject({
    pod: PLAIN_POD,
    request: { operation: "CREATE", dryRun: true, user: "" },
    namespace: { ...namespace, labels: { ...namespace.labels, "appmesh.k8s.aws/sidecarInjectorWebhook": "enabled" } },
    owner: { kind: "none" },
    virtualNodes: [],
    virtualGateways: [],
    sharedNodes: [],
    meshes: [],
    limitRanges: [],
    quotas: [],
    trust: { kind: "later" },
    configuration: valueIn(configuration) ?? defaultConfiguration({}),
    release,
  });
  return result.trace.find(({ rule, verdict }) => rule === "pod-security" && verdict === "warn")?.saw;
}

function hint({ name }: NamespaceState): string {
  return `kubectl label namespace ${name} ${LEVEL}=privileged --overwrite, or redirect traffic by the CNI plugin (docs/annotations.md, appmeshCNI)`;
}
