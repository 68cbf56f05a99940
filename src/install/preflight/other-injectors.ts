import { type Json, type JsonObject, listOf, member, objectsOf, stringOf } from "../../model/json.ts";
import { INJECT_KEY, INJECTOR_NAME } from "../../model/names.ts";
import type { Refusal } from "../install-error.ts";
import { objectNameOf } from "../objects/object-name.ts";

/** A webhook of somebody else that is called for new pods of labelled namespaces. */
export interface OtherInjector {
  /** Name of the MutatingWebhookConfiguration. */
  readonly registration: string;
  /** Names of its entries that are called for such pods. */
  readonly webhooks: readonly string[];
  readonly program: string;
}

/** The programs by the names of their entries; the injector of 2019 changed its own with version 0.3. */
const PROGRAMS: Readonly<Record<string, string>> = {
  "mpod.appmesh.k8s.aws": "the AWS App Mesh controller",
  "appmesh-inject.aws.amazon.com": "the App Mesh injector of 2019",
  "aws-app-mesh-inject.aws.amazon.com": "the App Mesh injector of 2019",
};

/** Which program has an entry of this name, in words; undefined when none is known. */
export function programOf(entry: string): string | undefined {
  return PROGRAMS[entry];
}

/**
 * The other injectors among a cluster's MutatingWebhookConfigurations: recognised by what they are called for, new pods of
 * namespaces with App Mesh's label, and not by their names, which a chart's user may choose.
 */
export function otherInjectors(registrations: readonly JsonObject[]): readonly OtherInjector[] {
  return registrations.flatMap((registration) => {
    const { name } = objectNameOf(registration);
    if (name === INJECTOR_NAME) return [];
    const webhooks = objectsOf(registration.webhooks).filter(injectsPods);
    const names = webhooks.map((webhook) => stringOf(webhook.name) ?? "");
    const program = names.map(programOf).find((known) => known !== undefined) ?? "another program";
    return names.length === 0 ? [] : [{ registration: name, webhooks: names, program }];
  });
}

/** Whether an entry is called for new pods of namespaces that App Mesh's label selects. */
export function injectsPods(webhook: JsonObject): boolean {
  return objectsOf(webhook.rules).some(coversNewPods) && selectsByLabel(webhook.namespaceSelector);
}

function coversNewPods(rule: JsonObject): boolean {
  const has = (key: string, ...values: readonly string[]): boolean =>
    listOf(rule[key]).some((value) => value === "*" || values.includes(value as string));
  return has("apiGroups", "") && has("resources", "pods", "*/*", "pods/*") && has("operations", "CREATE");
}

/** Whether the selector asks for one of the label's words that switch injection on, or for the label itself. */
function selectsByLabel(selector: Json | undefined): boolean {
  const wanted = stringOf(member(member(selector, "matchLabels"), INJECT_KEY));
  if (wanted !== undefined) return wanted === "enabled" || wanted === "disabled";
  return objectsOf(member(selector, "matchExpressions")).some(({ key, operator, values }) => {
    if (key !== INJECT_KEY) return false;
    if (operator === "In") return listOf(values).some((value) => value === "enabled" || value === "disabled");
    return operator === "Exists" || (operator === "NotIn" && !listOf(values).includes("enabled"));
  });
}

export function otherInjectorRefusal({ registration, webhooks, program }: OtherInjector): Refusal {
  return {
    reason: `another injector is registered for labelled namespaces: ${registration} (${webhooks.join(", ")}; ${program})`,
    remedy:
      "remove it: kubectl delete mutatingwebhookconfiguration " +
      `${registration}; or switch those entries off, so that uninstall can give them back: outrigger install --take-over`,
  };
}
