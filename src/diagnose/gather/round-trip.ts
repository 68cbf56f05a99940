import { readRecord } from "../../inject/record/record.ts";
import type { JsonObject } from "../../model/json.ts";
import { INJECT_KEY } from "../../model/names.ts";
import { createdAt } from "../../model/object-metadata.ts";
import type { ClusterReads } from "./cluster-reads.ts";
import type { NamespaceState } from "./namespaces.ts";

/** What became of a pod that was offered to the API server without being stored. */
export interface RoundTrip {
  readonly namespace: string;
  readonly result:
    | { readonly kind: "injected"; readonly resource: string; readonly release: string }
    | { readonly kind: "bare" }
    /** Refused by the injector, by Pod Security or by somebody else; `message` is theirs. */
    | { readonly kind: "refused"; readonly by: "injector" | "pod-security" | "other"; readonly message: string }
    | { readonly kind: "unknown"; readonly why: string };
  /** The API server's clock less ours, in milliseconds, as exact as its whole seconds; undefined: not seen. */
  readonly clockAhead: number | undefined;
}

/**
 * Creates a pod in the namespace by a server-side dry run: admission takes place as for any pod, and nothing is stored or
 * scheduled (https://kubernetes.io/docs/reference/using-api/api-concepts/#dry-run).
 */
export async function roundTrip(
  reads: ClusterReads,
  { name, labels }: NamespaceState,
  now: () => number,
): Promise<RoundTrip> {
  const pod = testPod(name, labels[INJECT_KEY] === "disabled" ? "ask" : "silent");
  const before = now();
  const answer = await reads.ask(`/api/v1/namespaces/${encodeURIComponent(name)}/pods?dryRun=All`, pod);
  const after = now();
  switch (answer.kind) {
    case "read":
      return { namespace: name, result: resultOf(answer.value), clockAhead: clockAhead(answer.value, before, after) };
    case "failed":
      return { namespace: name, result: failure(answer.why), clockAhead: undefined };
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

function resultOf(pod: JsonObject): RoundTrip["result"] {
  const reading = readRecord(pod);
  if (reading.kind !== "fits") return { kind: "bare" };
  return { kind: "injected", resource: reading.record.resource, release: reading.record.release };
}

function failure(text: string): RoundTrip["result"] {
  const why = text.replace(/^POST \S+: /, "").replace(/^status 403: /, "");
  if (/inject\.outrigger\.dev" denied/.test(why)) return { kind: "refused", by: "injector", message: why };
  if (/violates PodSecurity/.test(why)) return { kind: "refused", by: "pod-security", message: why };
  if (/^POST \S+: status (?:400|403|422)/.test(text)) return { kind: "refused", by: "other", message: why };
  return { kind: "unknown", why };
}

/** The API server sets the time of creation, cut to seconds, somewhere between our two looks at our clock. */
function clockAhead(pod: JsonObject, before: number, after: number): number | undefined {
  const created = Date.parse(createdAt(pod) ?? "");
  if (Number.isNaN(created)) return undefined;
  if (created + 1_000 < before) return created + 1_000 - before;
  return created > after ? created - after : 0;
}
