import { type BodyParts, cutWarning, denied } from "../admission/answer.ts";
import type { ReviewIdentity } from "../admission/review.ts";
import type { AdmissionAnswer } from "./admission.ts";
import { patchBase64 } from "./patch-base64.ts";

/**
 * The response to a review as JSON text, in the version that was asked and with its UID. A patch is base64 of RFC 6902 JSON;
 * audit annotations are prefixed with the webhook's name by the API server
 * (https://kubernetes.io/docs/reference/access-authn-authz/extensible-admission-controllers/#response).
 */
export function reply(identity: ReviewIdentity, admission: AdmissionAnswer): BodyParts {
  const { outcome, patch } = admission;
  const text = JSON.stringify({
    apiVersion: identity.apiVersion,
    kind: "AdmissionReview",
    response: {
      uid: identity.uid,
      allowed: outcome !== "deny",
      ...(outcome === "deny" && { status: denied(admission.message, admission.reason) }),
      ...(admission.warnings.length > 0 && { warnings: admission.warnings.map(cutWarning) }),
      auditAnnotations: auditAnnotations(admission),
    },
  });
  if (patch.length === 0) return [text];
  // Base64 needs no escaping: put in here, the longest part of the answer is not read through once more for it.
  const before = `${text.slice(0, -"}}".length)},"patchType":"JSONPatch","patch":"`;
  return [before, patchBase64(patch, proxyOf(admission)), '"}}'];
}

function auditAnnotations({ outcome, reason, settings }: AdmissionAnswer): Record<string, string> {
  if (settings === undefined) return { outcome, reason };
  const node = settings.role.kind === "virtualNode" ? "virtual-node" : "virtual-gateway";
  return { outcome, reason, mesh: settings.mesh.name, [node]: settings.role.name };
}

/** Which pods are most likely to get the same patch. */
function proxyOf({ settings }: AdmissionAnswer): string {
  return settings === undefined ? "" : `${settings.mesh.path}/${settings.role.kind}/${settings.role.name}`;
}
