import type { Verdict } from "./admission.ts";
import { LIMITS } from "./limits.ts";
import { patchText } from "./patch-text.ts";
import type { ReviewIdentity } from "./review.ts";

/**
 * The response to a review as JSON text, in the version that was asked and with its UID. A patch is base64 of RFC 6902 JSON;
 * audit annotations are prefixed with the webhook's name by the API server
 * (https://kubernetes.io/docs/reference/access-authn-authz/extensible-admission-controllers/#response).
 */
export function reply(identity: ReviewIdentity, verdict: Verdict): string {
  const { outcome, patch } = verdict;
  const text = JSON.stringify({
    apiVersion: identity.apiVersion,
    kind: "AdmissionReview",
    response: {
      uid: identity.uid,
      allowed: outcome !== "deny",
      ...(outcome === "deny" && { status: denied(verdict.message, verdict.reason) }),
      ...(verdict.warnings.length > 0 && { warnings: verdict.warnings.map(cut) }),
      auditAnnotations: auditAnnotations(verdict),
    },
  });
  if (patch.length === 0) return text;
  // Base64 needs no escaping: put in here, the longest part of the answer is not read through once more for it.
  const base64 = Buffer.from(patchText(patch)).toString("base64");
  return `${text.slice(0, -"}}".length)},"patchType":"JSONPatch","patch":"${base64}"}}`;
}

/** The response that refuses a review which never reached the rules. */
export function refusal(identity: ReviewIdentity, message: string, problem: string): string {
  return JSON.stringify({
    apiVersion: identity.apiVersion,
    kind: "AdmissionReview",
    response: {
      uid: identity.uid,
      allowed: false,
      status: denied(message, problem),
      auditAnnotations: { outcome: "deny", reason: problem },
    },
  });
}

function denied(message: string, reason: string): object {
  return { status: "Failure", code: 403, reason: "Forbidden", message: `outrigger: ${message} (${reason})` };
}

function auditAnnotations({ outcome, reason, settings }: Verdict): Record<string, string> {
  if (settings === undefined) return { outcome, reason };
  const node = settings.role.kind === "virtualNode" ? "virtual-node" : "virtual-gateway";
  return { outcome, reason, mesh: settings.mesh.name, [node]: settings.role.name };
}

function cut(warning: string): string {
  if (warning.length <= LIMITS.warningCharacters) return warning;
  return `${warning.slice(0, LIMITS.warningCharacters - 1).toWellFormed()}…`;
}
