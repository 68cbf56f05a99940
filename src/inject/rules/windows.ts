import { type Json, type JsonObject, listOf, member, objectsOf, stringOf } from "../../model/json.ts";

/** Labels of nodes that tell their operating system; kubelets still set the older one too. */
const OS_LABELS = ["kubernetes.io/os", "beta.kubernetes.io/os"] as const;
/** Where a pod says by terms which nodes it needs. */
const AFFINITY = ["affinity", "nodeAffinity", "requiredDuringSchedulingIgnoredDuringExecution", "nodeSelectorTerms"];
const OPERATING_SYSTEMS = { windows: "windows", linux: "linux" } as const;

/** The ways in which a pod says that it is for Windows, each as a check and as CEL over `object`, the pod. */
export const WINDOWS: { readonly holds: (pod: JsonObject) => boolean; readonly cel: string } = {
  holds: ({ spec }) => saysOs(spec) || selectsOs(spec) || requiresOs(spec),
  cel: `has(object.spec) && (${[osCel(), ...OS_LABELS.map(selectorCel), affinityCel()].join(" || ")})`,
};

function saysOs(spec: Json | undefined): boolean {
  return member(member(spec, "os"), "name") === OPERATING_SYSTEMS.windows;
}

function osCel(): string {
  return `(has(object.spec.os) && has(object.spec.os.name) && object.spec.os.name == '${OPERATING_SYSTEMS.windows}')`;
}

function selectsOs(spec: Json | undefined): boolean {
  return OS_LABELS.some((label) => member(member(spec, "nodeSelector"), label) === OPERATING_SYSTEMS.windows);
}

function selectorCel(label: string): string {
  return `(has(object.spec.nodeSelector) && '${label}' in object.spec.nodeSelector && object.spec.nodeSelector['${label}'] == '${OPERATING_SYSTEMS.windows}')`;
}

/** Only if every term says so: a node needs to match one of them, but within a term all expressions. */
function requiresOs(spec: Json | undefined): boolean {
  const terms = listOf(AFFINITY.reduce<Json | undefined>(member, spec));
  return terms.length > 0 && terms.every((term) => objectsOf(member(term, "matchExpressions")).some(isForWindows));
}

/** In: Windows and nothing else. NotIn: no Linux, and Kubernetes knows no third. */
function isForWindows(expression: JsonObject): boolean {
  const values = listOf(member(expression, "values"));
  if (!OS_LABELS.some((label) => label === stringOf(member(expression, "key")))) return false;
  switch (member(expression, "operator")) {
    case "In":
      return values.length > 0 && values.every((value) => value === OPERATING_SYSTEMS.windows);
    case "NotIn":
      return values.includes(OPERATING_SYSTEMS.linux);
    default:
      return false;
  }
}

function affinityCel(): string {
  const paths = AFFINITY.map((_, depth) => ["object.spec", ...AFFINITY.slice(0, depth + 1)].join("."));
  const terms = paths.at(-1);
  const labels = `[${OS_LABELS.map((label) => `'${label}'`).join(", ")}]`;
  const { windows, linux } = OPERATING_SYSTEMS;
  const values = `((e.operator == 'In' && size(e.values) > 0 && e.values.all(v, v == '${windows}')) || (e.operator == 'NotIn' && '${linux}' in e.values))`;
  const expression = `e.key in ${labels} && has(e.values) && ${values}`;
  const term = `has(t.matchExpressions) && t.matchExpressions.exists(e, ${expression})`;
  return `(${[...paths.map((path) => `has(${path})`), `size(${terms}) > 0`, `${terms}.all(t, ${term})`].join(" && ")})`;
}
