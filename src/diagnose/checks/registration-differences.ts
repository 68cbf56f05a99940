import { INJECTOR_SERVICE, registration } from "../../install/objects/registration.ts";
import {
  isObject,
  type Json,
  type JsonObject,
  listOf,
  member,
  numberOf,
  objectsOf,
  sameJson,
  stringOf,
} from "../../model/json.ts";
import { EXCLUDED_NAMESPACES } from "../../model/names.ts";
import { quoted } from "../facts/quoted.ts";

/** A call that takes longer than this holds up every creation of a pod, and API servers allow up to 30. */
const LONGEST_TIMEOUT = 10;
const NAMESPACE_NAME = "kubernetes.io/metadata.name";
/** What the API server fills in by itself (https://kubernetes.io/docs/reference/kubernetes-api/extend-resources/mutating-webhook-configuration-v1/). */
const DEFAULTS: JsonObject = { objectSelector: {} };

/**
 * In what a registration differs from what it should be, one sentence each. An installation may choose failure policy, timeout,
 * further excluded namespaces and authority: these are taken from the registration itself; everything else must be equal.
 */
export function registrationDifferences(live: JsonObject): readonly string[] {
  const entries = objectsOf(live.webhooks);
  const [first] = entries;
  if (first === undefined) return ["it has no entries"];
  const expected = objectsOf(registration(choicesOf(first)).webhooks);
  const found = expected.flatMap((entry) => {
    const name = stringOf(entry.name) ?? "";
    const same = entries.find((other) => other.name === name);
    return same === undefined ? [`the entry ${name} is missing`] : differences(entry, same, name);
  });
  const extra = entries.filter(({ name }) => !expected.some((entry) => entry.name === name));
  return [
    ...found,
    ...extra.map(({ name }) => `the entry ${quoted(stringOf(name) ?? "")} is not ours`),
    ...missingExclusions(first),
    ...slow(first),
  ];
}

function choicesOf(entry: JsonObject): Parameters<typeof registration>[0] {
  const { failurePolicy, timeoutSeconds, clientConfig } = entry;
  const authority = stringOf(member(clientConfig, "caBundle"));
  const url = stringOf(member(clientConfig, "url"));
  return {
    ...(url === undefined ? { service: INJECTOR_SERVICE } : { url }),
    ...(authority !== undefined && { caBundle: Buffer.from(authority, "base64").toString() }),
    failurePolicy: failurePolicy === "Ignore" ? "Ignore" : "Fail",
    ...(typeof timeoutSeconds === "number" && { timeoutSeconds }),
    excludedNamespaces: exclusionsOf(entry),
  };
}

function exclusionsOf({ namespaceSelector }: JsonObject): readonly string[] {
  const rule = objectsOf(member(namespaceSelector, "matchExpressions")).find(
    ({ key, operator }) => key === NAMESPACE_NAME && operator === "NotIn",
  );
  return listOf(member(rule, "values")).flatMap((name) => (typeof name === "string" ? [name] : []));
}

function missingExclusions(entry: JsonObject): readonly string[] {
  const excluded = exclusionsOf(entry);
  return EXCLUDED_NAMESPACES.filter((name) => !excluded.includes(name)).map(
    (name) => `namespace ${name} is not excluded: a broken webhook could block it`,
  );
}

function slow({ timeoutSeconds }: JsonObject): readonly string[] {
  const seconds = numberOf(timeoutSeconds) ?? LONGEST_TIMEOUT;
  return seconds > LONGEST_TIMEOUT ? [`timeoutSeconds is ${seconds}, expected at most ${LONGEST_TIMEOUT}`] : [];
}

/** Every member of what is expected, compared by name; what the API server adds by itself does not count. */
function differences(expected: JsonObject, live: JsonObject, entry: string): readonly string[] {
  const keys = new Set([...Object.keys(expected), ...Object.keys(live)]);
  return [...keys].flatMap((key) => {
    const wanted = member(expected, key);
    const found = member(live, key);
    if (wanted === undefined && sameJson(found, member(DEFAULTS, key))) return [];
    return same(wanted, found, key) ? [] : [`${entry}: ${key} is ${text(found)}, expected ${text(wanted)}`];
  });
}

function same(wanted: Json | undefined, found: Json | undefined, key: string): boolean {
  if (key !== "namespaceSelector") return sameJson(wanted, found);
  // names of excluded namespaces in any order
  return sameJson(sorted(wanted), sorted(found));
}

function sorted(selector: Json | undefined): Json | undefined {
  if (!isObject(selector)) return selector;
  const expressions = objectsOf(selector.matchExpressions).map((expression) => ({
    ...expression,
    values: [...listOf(expression.values)].map(String).sort(),
  }));
  return { ...selector, matchExpressions: expressions };
}

function text(value: Json | undefined): string {
  return value === undefined ? "absent" : quoted(JSON.stringify(value));
}
