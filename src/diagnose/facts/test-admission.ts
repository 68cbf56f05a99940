import { readRecord } from "../../inject/record/record.ts";
import type { JsonObject } from "../../model/json.ts";
import { createdAt } from "../../model/object-metadata.ts";

/** What became of a pod that was offered to the API server in a namespace without being stored. */
export interface NamespaceAdmission {
  readonly namespace: string;
  readonly result:
    | { readonly kind: "injected"; readonly resource: string; readonly release: string }
    | { readonly kind: "bare" }
    /** Refused by the injector, by Pod Security or by another rule; `message` is theirs. */
    | { readonly kind: "refused"; readonly by: "injector" | "pod-security" | "other"; readonly message: string }
    | { readonly kind: "unknown"; readonly why: string };
  /** The API server's clock less ours, in milliseconds, as exact as its whole seconds; undefined: not seen. */
  readonly clockAhead: number | undefined;
}

/** What the pod that came back says. */
export function resultOf(pod: JsonObject): NamespaceAdmission["result"] {
  const reading = readRecord(pod);
  if (reading.kind !== "fits") return { kind: "bare" };
  return { kind: "injected", resource: reading.record.resource, release: reading.record.release };
}

/** What the message of a failed creation says. */
export function refusalOf(text: string): NamespaceAdmission["result"] {
  const why = text.replace(/^POST \S+: /, "").replace(/^status 403: /, "");
  if (/inject\.outrigger\.dev" denied/.test(why)) return { kind: "refused", by: "injector", message: why };
  if (/violates PodSecurity/.test(why)) return { kind: "refused", by: "pod-security", message: why };
  if (/^POST \S+: status (?:400|403|422)/.test(text)) return { kind: "refused", by: "other", message: why };
  return { kind: "unknown", why };
}

/**
 * How far the API server's clock is ahead, in milliseconds. It sets the time of creation, cut to seconds, somewhere between our two looks at
 * our clock.
 */
export function clockAhead(pod: JsonObject, before: number, after: number): number | undefined {
  const created = Date.parse(createdAt(pod) ?? "");
  if (Number.isNaN(created)) return undefined;
  if (created + 1_000 < before) return created + 1_000 - before;
  return created > after ? created - after : 0;
}
