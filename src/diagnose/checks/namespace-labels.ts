import { nearestName } from "../../config/nearest.ts";
import { EXCLUDED_NAMESPACES, INJECT_KEY } from "../../model/names.ts";
import { type NamespaceState, takesPart } from "../facts/namespace-state.ts";
import { quoted } from "../facts/quoted.ts";
import { type Check, type CheckProblem, count, type LabelledNamespace, some, unread } from "./check.ts";

const PREFIX = INJECT_KEY.split("/")[0] as string;

export const namespaceLabels: Check = {
  id: "namespaces",
  title: "Namespaces",
  about: "cluster",
  run({ namespaces }) {
    if (namespaces.kind !== "read") return unread(namespaces, "namespace of this name");
    const partaking = namespaces.value.filter(takesPart);
    const named = (mode: string) =>
      partaking
        .filter(({ labels }) => labels[INJECT_KEY] === mode)
        .map(({ name, labels }) => `${name}${levelWords(labels)}`);
    const [enabled, optIn] = [named("enabled"), named("disabled")];
    const words = [
      enabled.length === 0
        ? "none is labelled enabled"
        : `${count(enabled.length, "namespace")} enabled (${some(enabled)})`,
      ...(optIn.length === 0 ? [] : [`${optIn.length} disabled, where pods ask themselves (${some(optIn)})`]),
    ];
    return {
      found: words.join("; "),
      problems: namespaces.value.flatMap(problemsOf),
      namespaces: partaking.map(labelled),
    };
  },
};

const LEVEL = "pod-security.kubernetes.io/enforce";

/** `: restricted` behind the name; nothing where the cluster's default holds. */
function levelWords(labels: NamespaceState["labels"]): string {
  const level = labels[LEVEL];
  return level === undefined ? "" : `: ${quoted(level)}`;
}

function labelled({ name, labels }: NamespaceState): LabelledNamespace {
  return { name, mode: labels[INJECT_KEY] ?? "", podSecurity: labels[LEVEL] ?? null };
}

function problemsOf({ name, labels }: NamespaceState): readonly CheckProblem[] {
  const value = labels[INJECT_KEY];
  const say = (saw: string, hint: string): CheckProblem => ({
    status: "warning",
    saw: `namespace ${name}: ${saw}`,
    hint,
  });
  const found: CheckProblem[] = [];
  if (value !== undefined && EXCLUDED_NAMESPACES.includes(name)) {
    found.push(
      say("it is labelled for injection, but is never injected", `kubectl label namespace ${name} ${INJECT_KEY}-`),
    );
  } else if (value !== undefined && value !== "enabled" && value !== "disabled") {
    const meant = /^(?:dis|off|no|false|0)/i.test(value) ? "disabled" : "enabled";
    found.push(
      say(
        `its label ${INJECT_KEY} is "${quoted(value)}", expected enabled or disabled: no pod gets a sidecar`,
        `kubectl label namespace ${name} ${INJECT_KEY}=${meant} --overwrite`,
      ),
    );
  }
  const similar = Object.keys(labels).find((key) => key !== INJECT_KEY && isMeantAsOurs(key));
  if (similar !== undefined && value === undefined) {
    found.push(
      say(
        `its label ${quoted(similar)} is not known; probably ${INJECT_KEY} was meant`,
        `kubectl label namespace ${name} ${INJECT_KEY}=enabled ${quoted(similar)}-`,
      ),
    );
  }
  return found;
}

function isMeantAsOurs(key: string): boolean {
  return key.toLowerCase().startsWith(`${PREFIX}/sidecar`) || nearestName(key, [INJECT_KEY]) === INJECT_KEY;
}
