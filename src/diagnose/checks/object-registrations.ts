import { OBJECT_WEBHOOK_PORT, objectRegistrations } from "../../install/objects/object-registrations.ts";
import { type Json, type JsonObject, member, objectOf, objectsOf, sameJson, stringOf } from "../../model/json.ts";
import { CONTROL_PLANE_NAMESPACE, OBJECT_WEBHOOK_NAME } from "../../model/names.ts";
import { certificatesIn } from "../../pki/certificates-in.ts";
import type { ClusterFacts } from "../facts/cluster-facts.ts";
import { quoted } from "../facts/quoted.ts";
import { expiryProblems } from "./certificate-expiry.ts";
import { authorityProblems, servedProblems } from "./certificate-fit.ts";
import { type Check, type CheckProblem, count, type Findings, some, unread } from "./check.ts";

const INSTALL = "outrigger install writes it again";
const REPAIR = `the control plane repairs it by itself; if it does not: kubectl logs -n ${CONTROL_PLANE_NAMESPACE} deployment/outrigger-control-plane`;
const SERVER = `outrigger.${CONTROL_PLANE_NAMESPACE}.svc`;
/** What the API server fills in by itself (https://kubernetes.io/docs/reference/kubernetes-api/extend-resources/). */
const DEFAULTS: JsonObject = { namespaceSelector: {}, objectSelector: {} };

/**
 * The registrations by which the API server asks the control plane about App Mesh objects. Nothing waits for them, so what is wrong is a
 * warning, unless the registration was made to refuse objects that nobody answers for.
 */
export const objectWebhooks: Check = {
  id: "object-registrations",
  title: "Control plane's webhook",
  about: "installation",
  run(facts) {
    const { objectRegistrations: stored } = facts;
    if (stored.kind !== "read") return unread(stored, "list of registrations");
    const found = count(stored.value.length, "registration");
    if (facts.controlPlane.deployment.kind === "absent") return leftBehind(stored.value);
    const problems = objectRegistrations().flatMap((expected): readonly CheckProblem[] => {
      const kind = stringOf(expected.kind) ?? "";
      const live = stored.value.find((object) => object.kind === kind);
      const name = `${kind} ${OBJECT_WEBHOOK_NAME}`;
      if (live === undefined) {
        const saw = `there is no ${name}: App Mesh objects are taken without a word, and outrigger problems says it afterwards`;
        return [{ status: "warning", saw, hint: INSTALL }];
      }
      const differences = registrationDifferences(expected, live);
      return [
        ...differences.map((saw) => ({ status: gravity(live), saw: `${name}: ${saw}`, hint: INSTALL })),
        // a certificate does not matter to somebody else's Service
        ...(differences.length > 0 ? [] : certificateProblems(name, live, facts)),
      ];
    });
    return { found, problems };
  },
};

/** Release 0.1.0 does not know them: its uninstall leaves the validating one. */
function leftBehind(stored: readonly JsonObject[]): Findings {
  if (stored.length === 0) return { notApplicable: "there is no control plane" };
  const kinds = stored.map(({ kind }) => stringOf(kind) ?? "");
  const refuses = stored.some((object) => gravity(object) === "failed");
  const effect = refuses ? "no App Mesh object can be created or changed" : "App Mesh objects go through";
  const saw = `${some(kinds)} ${OBJECT_WEBHOOK_NAME} was left behind by an uninstallation, or its control plane was deleted, and nobody answers: ${effect}`;
  return {
    found: "left behind",
    problems: [
      {
        status: refuses ? "failed" : "warning",
        saw,
        hint: `outrigger install uses what is there; where no control plane is to be: kubectl delete ${kinds.join(",").toLowerCase()} ${OBJECT_WEBHOOK_NAME}`,
      },
    ],
  };
}

/** With failure policy `Fail` nobody can create an object while something is wrong. */
function gravity(live: JsonObject): "warning" | "failed" {
  return objectsOf(live.webhooks).some(({ failurePolicy }) => failurePolicy !== "Ignore") ? "failed" : "warning";
}

/** In what a registration differs from what installing writes, one sentence each. Who answers is an authority's matter. */
function registrationDifferences(expected: JsonObject, live: JsonObject): readonly string[] {
  const entries = objectsOf(live.webhooks);
  const wanted = objectsOf(expected.webhooks);
  const missing = wanted.filter(({ name }) => !entries.some((entry) => entry.name === name));
  const extra = entries.filter(({ name }) => !wanted.some((entry) => entry.name === name));
  const named = (some_: readonly JsonObject[]): string => some(some_.map(({ name }) => quoted(stringOf(name) ?? "")));
  // what is changed is mostly changed in all entries alike
  const changed = Map.groupBy(
    wanted.flatMap((entry) => {
      const same = entries.find(({ name }) => name === entry.name);
      return same === undefined ? [] : entryDifferences(entry, same).map((text) => ({ text, entry }));
    }),
    ({ text }) => text,
  );
  return [
    ...(missing.length === 0 ? [] : [`entries are missing: ${named(missing)}`]),
    ...(extra.length === 0 ? [] : [`entries are not ours: ${named(extra)}`]),
    ...[...changed].map(([text, group]) => `${text} (${named(group.map(({ entry }) => entry))})`),
  ];
}

function entryDifferences(expected: JsonObject, live: JsonObject): readonly string[] {
  const keys = new Set([...Object.keys(expected), ...Object.keys(live)]);
  return [...keys].flatMap((key) => {
    const [wanted, found] = [expected, live].map((entry) => comparable(key, member(entry, key)));
    if (sameJson(wanted, found) || (wanted === undefined && sameJson(found, member(DEFAULTS, key)))) return [];
    return [`${key} is ${shown(found)}, expected ${shown(wanted)}`];
  });
}

/** Without the authority, which the control plane puts there, and with the port that is meant where none is given. */
function comparable(key: string, value: Json | undefined): Json | undefined {
  if (key !== "clientConfig") return value;
  const { caBundle: _, service, ...rest } = objectOf(value);
  return service === undefined
    ? rest
    : { ...rest, service: { port: OBJECT_WEBHOOK_PORT.service, ...objectOf(service) } };
}

function certificateProblems(name: string, live: JsonObject, facts: ClusterFacts): readonly CheckProblem[] {
  const bundles = new Set(
    objectsOf(live.webhooks).map(({ clientConfig }) => stringOf(member(clientConfig, "caBundle")) ?? ""),
  );
  const where = `${name}'s caBundle`;
  const [bundle = ""] = bundles;
  const pem = Buffer.from(bundle, "base64").toString();
  const roots = certificatesIn(pem);
  const status = gravity(live);
  if (bundles.size > 1) return [{ status, saw: `the entries of ${name} have different caBundles`, hint: REPAIR }];
  if (roots === undefined) {
    const is = pem === "" ? "is not there yet" : "holds no certificate that can be read";
    return [{ status, saw: `${where} ${is}: the API server does not call it`, hint: REPAIR }];
  }
  const published = { where, hint: REPAIR, effect: "the API server does not call it" };
  return [
    ...expiryProblems(where, roots, facts.now, "outrigger trust rotate --mesh"),
    ...authorityProblems(facts.controlPlane.authority, pem, published),
    ...servedProblems(facts.controlPlanePods, roots, facts.now, { ...published, server: SERVER }),
  ].map((problem) => ({ ...problem, status: problem.status === "failed" ? status : problem.status }));
}

function shown(value: Json | undefined): string {
  return value === undefined ? "absent" : quoted(JSON.stringify(value));
}
