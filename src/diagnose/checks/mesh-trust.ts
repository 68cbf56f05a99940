import type { X509Certificate } from "node:crypto";
import { CONTROL_PLANE_NAME } from "../../install/ownership.ts";
import { TRUST } from "../../kube/resources.ts";
import { CONTROL_PLANE_NAMESPACE } from "../../model/names.ts";
import { expiryProblems, servedWords } from "../certificate-expiry.ts";
import { type Check, count, type Problem, unread } from "../check.ts";
import type { ClusterFacts, InsidePod } from "../cluster-facts.ts";
import { valueIn } from "../reading.ts";
import { certificatesIn, isSignedBy, rootsIn } from "../trust-roots.ts";

const PLACE = `ConfigMap ${TRUST.name} in namespace ${TRUST.namespace}`;
const LOOK = `kubectl logs -n ${CONTROL_PLANE_NAMESPACE} deployment/${CONTROL_PLANE_NAME}`;

/** What pods trust, what the mesh's authority has, and what the control plane really shows must fit each other. */
export const meshTrust: Check = {
  id: "mesh-trust",
  title: "Mesh's trust",
  about: "installation",
  run(facts) {
    if (valueIn(facts.configuration)?.proxy.controlPlane === "none")
      return { notApplicable: "proxy.controlPlane is none" };
    const { trust } = facts;
    if (trust.kind === "absent") {
      const saw = `${PLACE} has no certificate in ${TRUST.key}: pods that need it are refused (trust-missing)`;
      return {
        found: "missing",
        problems: [{ status: "failed", saw, hint: `the control plane publishes it; ${LOOK}` }],
      };
    }
    if (trust.kind !== "read") return unread(trust, PLACE);
    const roots = certificatesIn(trust.value);
    if (roots === undefined) {
      const saw = `${PLACE}: ${TRUST.key} holds a certificate that cannot be read`;
      return { found: "unreadable", problems: [{ status: "failed", saw, hint: LOOK }] };
    }
    const problems = [
      ...expiryProblems(PLACE, roots, facts.now, "outrigger trust rotate --mesh"),
      ...authorityProblems(facts, trust.value),
      ...facts.controlPlanePods.flatMap((pod) => servedProblems(pod, roots, facts.now)),
    ];
    return { found: `${count(roots.length, "root")}; ${servedWords(facts.controlPlanePods, facts.now)}`, problems };
  },
};

function authorityProblems({ controlPlane: { authority } }: ClusterFacts, published: string): readonly Problem[] {
  if (authority.kind === "failed") return [{ status: "failed", saw: authority.why, hint: "see docs/certificates.md" }];
  if (authority.kind !== "read") return [];
  const known = rootsIn(published);
  const missing = [...rootsIn(authority.value)].filter((root) => !known.has(root));
  if (missing.length === 0) return [];
  return [
    { status: "failed", saw: `${PLACE} lacks ${missing.length} of the roots of the authority's Secret`, hint: LOOK },
  ];
}

function servedProblems(
  { name, certificate }: InsidePod,
  roots: readonly X509Certificate[],
  now: Date,
): readonly Problem[] {
  if (certificate.kind !== "read") return [];
  const leaf = certificate.value;
  const say = (what: string): Problem => ({
    status: "failed",
    saw: `pod ${name} shows a certificate that ${what}`,
    hint: LOOK,
  });
  return [
    ...(isSignedBy(leaf, roots) ? [] : [say(`no root of ${PLACE} signed: sidecars cannot connect`)]),
    ...(leaf.validToDate <= now ? [say(`ended ${leaf.validTo}`)] : []),
  ];
}
