import { INJECTOR_SERVICE } from "../../install/objects/registration.ts";
import { member, objectsOf, stringOf } from "../../model/json.ts";
import { INJECTOR_NAME } from "../../model/names.ts";
import { nameOf } from "../../model/object-metadata.ts";
import { certificatesIn } from "../../pki/certificates-in.ts";
import { expiryProblems, servedWords } from "./certificate-expiry.ts";
import { authorityProblems, servedProblems } from "./certificate-fit.ts";
import { type Check, type CheckProblem, count, type Findings, unread } from "./check.ts";

const REPAIR = `the injector repairs it by itself; if it does not: kubectl logs -n ${INJECTOR_SERVICE.namespace} deployment/${INJECTOR_NAME}`;
const SERVER = `${INJECTOR_SERVICE.name}.${INJECTOR_SERVICE.namespace}.svc`;

const PUBLISHED = { where: "the registration's caBundle", hint: REPAIR, effect: "the API server does not call it" };

/** What the API server trusts, what the authority has, and what the webhook really shows must fit each other. */
export const webhookCertificate: Check = {
  id: "webhook-certificate",
  title: "Webhook's certificate",
  about: "installation",
  run(facts) {
    if (facts.registrations.kind !== "read") return unread(facts.registrations, "list of registrations");
    const ours = facts.registrations.value.find((object) => nameOf(object) === INJECTOR_NAME);
    if (ours === undefined) return { notApplicable: "the injector is not registered" };
    const bundles = objectsOf(ours.webhooks).map(
      ({ clientConfig }) => stringOf(member(clientConfig, "caBundle")) ?? "",
    );
    const pem = Buffer.from(bundles[0] ?? "", "base64").toString();
    const roots = certificatesIn(pem);
    if (roots === undefined) return unusable(pem);
    const problems: CheckProblem[] = [
      ...expiryProblems(PUBLISHED.where, roots, facts.now, "outrigger trust rotate --webhook"),
      ...authorityProblems(facts.injector.authority, pem, PUBLISHED),
      ...servedProblems(facts.injectorPods, roots, facts.now, { ...PUBLISHED, server: SERVER }),
    ];
    if (new Set(bundles).size > 1) {
      problems.push({ status: "failed", saw: "the registration's entries have different caBundles", hint: REPAIR });
    }
    return { found: `${count(roots.length, "root")}; ${servedWords(facts.injectorPods, facts.now)}`, problems };
  },
};

function unusable(pem: string): Findings {
  const saw =
    pem === ""
      ? "the registration has no caBundle"
      : "the registration's caBundle holds no certificate that can be read";
  const problem = { status: "failed", saw: `${saw}: no API server can call the webhook`, hint: REPAIR } as const;
  return { found: "no authority", problems: [problem] };
}
