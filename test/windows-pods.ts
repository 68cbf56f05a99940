import type { Json, JsonObject } from "../src/model/json.ts";

/** Members of a pod's spec that say, or do not say, that it is for Windows. All of them pass the API server's validation. */
export interface OsCase {
  readonly title: string;
  readonly spec: JsonObject;
}

const OS = "kubernetes.io/os";
const FORMER = "beta.kubernetes.io/os";

const expression = (key: string, operator: string, values?: readonly string[]): JsonObject => ({
  key,
  operator,
  ...(values && { values }),
});
const term = (...matchExpressions: readonly JsonObject[]): JsonObject => ({ matchExpressions });
const affinity = (...nodeSelectorTerms: readonly Json[]): JsonObject => ({
  affinity: { nodeAffinity: { requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms } } },
});

const windows = expression(OS, "In", ["windows"]);
const zone = expression("topology.kubernetes.io/zone", "In", ["a"]);
const byName: JsonObject = { matchFields: [expression("metadata.name", "In", ["windows"])] };

export const FOR_WINDOWS: readonly OsCase[] = [
  { title: "os", spec: { os: { name: "windows" } } },
  { title: "a node selector", spec: { nodeSelector: { [OS]: "windows" } } },
  { title: "a node selector by the former label", spec: { nodeSelector: { [FORMER]: "windows" } } },
  { title: "an affinity", spec: affinity(term(windows)) },
  { title: "an affinity by the former label", spec: affinity(term(expression(FORMER, "In", ["windows"]))) },
  { title: "an affinity among others", spec: affinity(term(zone, windows)) },
  { title: "an affinity beside a node's name", spec: affinity({ ...byName, ...term(windows) }) },
  { title: "several terms that all say so", spec: affinity(term(windows), term(zone, windows)) },
  { title: "Windows twice", spec: affinity(term(expression(OS, "In", ["windows", "windows"]))) },
  { title: "no Linux", spec: affinity(term(expression(OS, "NotIn", ["linux"]))) },
  { title: "no Linux and nothing else either", spec: affinity(term(expression(OS, "NotIn", ["plan9", "linux"]))) },
];

export const NOT_FOR_WINDOWS: readonly OsCase[] = [
  { title: "os linux", spec: { os: { name: "linux" } } },
  { title: "a node selector for Linux", spec: { nodeSelector: { [OS]: "linux", [FORMER]: "linux" } } },
  { title: "another label with that value", spec: { nodeSelector: { "example.com/os": "windows" } } },
  { title: "a term that does not say so", spec: affinity(term(windows), term(zone)) },
  { title: "an empty term", spec: affinity(term(windows), {}) },
  { title: "a term by name alone", spec: affinity(byName) },
  { title: "either system", spec: affinity(term(expression(OS, "In", ["windows", "linux"]))) },
  { title: "Linux", spec: affinity(term(expression(OS, "In", ["linux"]))) },
  { title: "no Windows", spec: affinity(term(expression(OS, "NotIn", ["windows"]))) },
  { title: "any system", spec: affinity(term(expression(OS, "Exists"))) },
  { title: "no system", spec: affinity(term(expression(OS, "DoesNotExist"))) },
  {
    title: "another label in an affinity",
    spec: affinity(term(expression("example.com/os", "In", ["windows"]))),
  },
  {
    title: "a preference",
    spec: {
      affinity: {
        nodeAffinity: { preferredDuringSchedulingIgnoredDuringExecution: [{ weight: 1, preference: term(windows) }] },
      },
    },
  },
  { title: "a toleration", spec: { tolerations: [{ key: "os", operator: "Equal", value: "windows" }] } },
];
