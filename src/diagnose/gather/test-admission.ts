import { testAdmissionPath } from "../../cluster/test-admission.ts";
import type { JsonObject } from "../../model/json.ts";
import { INJECT_KEY } from "../../model/names.ts";
import type { NamespaceState } from "../facts/namespace-state.ts";
import { clockAhead, type NamespaceAdmission, refusalOf, resultOf } from "../facts/test-admission.ts";
import type { ClusterReads } from "./cluster-reads.ts";

/**
 * Offers the API server a pod of the namespace (see {@link testAdmissionPath}). `now` in milliseconds since 1970. Nothing is
 * thrown.
 */
export async function admissionIn(
  reads: ClusterReads,
  { name, labels }: NamespaceState,
  now: () => number,
): Promise<NamespaceAdmission> {
  const pod = testPod(name, labels[INJECT_KEY] === "disabled" ? "ask" : "silent");
  const before = now();
  const answer = await reads.ask(testAdmissionPath(name), pod);
  const after = now();
  switch (answer.kind) {
    case "read":
      return { namespace: name, result: resultOf(answer.value), clockAhead: clockAhead(answer.value, before, after) };
    case "failed":
      return { namespace: name, result: refusalOf(answer.why), clockAhead: undefined };
    case "absent":
      return { namespace: name, result: { kind: "unknown", why: "the namespace is gone" }, clockAhead: undefined };
    case "refused":
      return {
        namespace: name,
        result: { kind: "unknown", why: `you are not allowed to ${answer.what}` },
        clockAhead: undefined,
      };
  }
}

/** As harmless as a pod can be: whatever policy a namespace has, this pod alone does not offend it. */
function testPod(namespace: string, mode: "ask" | "silent"): JsonObject {
  return {
    apiVersion: "v1",
    kind: "Pod",
    metadata: {
      generateName: "outrigger-check-",
      namespace,
      labels: { "app.kubernetes.io/name": "outrigger-check" },
      annotations: mode === "ask" ? { [INJECT_KEY]: "enabled" } : {},
    },
    spec: {
      serviceAccountName: "default",
      automountServiceAccountToken: false,
      restartPolicy: "Never",
      securityContext: { runAsNonRoot: true, runAsUser: 65_532, seccompProfile: { type: "RuntimeDefault" } },
      containers: [
        {
          name: "check",
          image: "outrigger/outrigger:check",
          ports: [{ containerPort: 8080 }],
          resources: { requests: { cpu: "10m", memory: "16Mi" }, limits: { cpu: "100m", memory: "64Mi" } },
          securityContext: {
            allowPrivilegeEscalation: false,
            readOnlyRootFilesystem: true,
            capabilities: { drop: ["ALL"] },
          },
        },
      ],
    },
  };
}
