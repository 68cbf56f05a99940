import { type JsonObject, member, objectOf, objectsOf, sameJson, stringOf } from "../../model/json.ts";
import { annotationsOf } from "../objects/object-name.ts";
import { injectsPods } from "../preflight/other-injectors.ts";

/** Annotation with the namespace selectors that were taken away, as JSON by the name of the entry. */
export const TAKEN_OVER_KEY = "outrigger.dev/taken-over";

/** Matches no namespace, because each carries its own name as this label. */
const NO_NAMESPACE: JsonObject = {
  matchExpressions: [{ key: "kubernetes.io/metadata.name", operator: "DoesNotExist" }],
};

/**
 * The registration with its injecting entries switched off: they select no namespace any more, and what they selected is kept in
 * an annotation. Entries for anything but pods stay as they are. Undefined when there is nothing to switch off.
 */
export function takenOver(registration: JsonObject): JsonObject | undefined {
  const saved: Record<string, JsonObject> = { ...savedSelectors(registration) };
  const webhooks = objectsOf(registration.webhooks).map((webhook) => {
    if (!injectsPods(webhook)) return webhook;
    saved[stringOf(webhook.name) ?? ""] = objectOf(webhook.namespaceSelector);
    return { ...webhook, namespaceSelector: NO_NAMESPACE };
  });
  if (sameJson(webhooks, registration.webhooks)) return undefined;
  const annotations = { ...annotationsOf(registration), [TAKEN_OVER_KEY]: JSON.stringify(saved) };
  return { ...registration, metadata: { ...objectOf(registration.metadata), annotations }, webhooks };
}

/**
 * The registration as it was before it was taken over: entries that still select nothing get their selector back, others were
 * changed by their owner since and stay. Undefined when it was not taken over.
 */
export function givenBack(registration: JsonObject): JsonObject | undefined {
  const { [TAKEN_OVER_KEY]: text, ...annotations } = annotationsOf(registration);
  if (text === undefined) return undefined;
  const saved = savedSelectors(registration);
  const webhooks = objectsOf(registration.webhooks).map((webhook) => {
    const selector = saved[stringOf(webhook.name) ?? ""];
    const isOff = sameJson(webhook.namespaceSelector, NO_NAMESPACE);
    return selector !== undefined && isOff ? { ...webhook, namespaceSelector: selector } : webhook;
  });
  const { annotations: _, ...metadata } = objectOf(registration.metadata);
  const hasOthers = Object.keys(annotations).length > 0;
  return { ...registration, metadata: { ...metadata, ...(hasOthers && { annotations }) }, webhooks };
}

/** What the annotation holds; nothing when somebody made it unreadable. */
function savedSelectors(registration: JsonObject): Readonly<Record<string, JsonObject>> {
  let value: unknown;
  try {
    value = JSON.parse(annotationsOf(registration)[TAKEN_OVER_KEY] ?? "{}");
  } catch {
    return {};
  }
  const saved: Record<string, JsonObject> = {};
  for (const key of Object.keys(objectOf(value as JsonObject))) {
    const selector = member(value as JsonObject, key);
    if (typeof selector === "object" && selector !== null) saved[key] = objectOf(selector);
  }
  return saved;
}
