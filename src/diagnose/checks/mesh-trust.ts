import { CONTROL_PLANE_NAME, CONTROL_PLANE_NAMESPACE } from "../../model/names.ts";
import { TRUST } from "../../model/trust.ts";
import { certificatesIn } from "../../pki/certificates-in.ts";
import { valueIn, whyNot } from "../facts/reading.ts";
import { expiryProblems, servedWords } from "./certificate-expiry.ts";
import { authorityProblems, servedProblems } from "./certificate-fit.ts";
import { type Check, count, unread } from "./check.ts";

const PLACE = `ConfigMap ${TRUST.name} in namespace ${TRUST.namespace}`;
const LOOK = `kubectl logs -n ${CONTROL_PLANE_NAMESPACE} deployment/${CONTROL_PLANE_NAME}`;

const PUBLISHED = { where: PLACE, hint: LOOK, effect: "sidecars cannot connect" };

/** What pods trust, what the mesh's authority has, and what the control plane really shows must fit each other. */
export const meshTrust: Check = {
  id: "mesh-trust",
  title: "Mesh's trust",
  about: "installation",
  run(facts) {
    if (valueIn(facts.configuration)?.proxy.controlPlane === "none")
      return { notApplicable: "proxy.controlPlane is none" };
    const { trust } = facts;
    if (trust.kind === "absent" && facts.configuration.kind === "refused")
      return { notApplicable: `missing; whether pods need it is not known: ${whyNot(facts.configuration, "")}` };
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
      ...authorityProblems(facts.controlPlane.authority, trust.value, PUBLISHED),
      ...servedProblems(facts.controlPlanePods, roots, facts.now, PUBLISHED),
    ];
    return { found: `${count(roots.length, "root")}; ${servedWords(facts.controlPlanePods, facts.now)}`, problems };
  },
};
