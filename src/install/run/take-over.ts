import { type JsonObject, member, numberOf, objectOf, objectsOf, sameJson, stringOf } from "../../model/json.ts";
import { annotationsOf } from "../objects/object-name.ts";
import { TAKEN_OVER_KEY } from "../preflight/app-mesh-controller.ts";
import { isActiveControllerEntry, NO_OBJECT } from "../preflight/app-mesh-webhooks.ts";
import { injectsPods } from "../preflight/other-injectors.ts";

/** What of a registration is switched off: what is called for pods, or what App Mesh's controller is called for about its own objects. */
export type TakenPart = "pods" | "objects";

interface Switch {
  /** The selector of an entry that is put in the place of its own. */
  readonly field: "namespaceSelector" | "objectSelector";
  readonly off: JsonObject;
  readonly isOn: (webhook: JsonObject) => boolean;
}

/** Matches no namespace, because each carries its own name as this label. */
const NO_NAMESPACE: JsonObject = {
  matchExpressions: [{ key: "kubernetes.io/metadata.name", operator: "DoesNotExist" }],
};

const SWITCHES: Readonly<Record<TakenPart, Switch>> = {
  pods: { field: "namespaceSelector", off: NO_NAMESPACE, isOn: injectsPods },
  // a Mesh is in no namespace, so that no selector of namespaces would switch its entry off
  objects: { field: "objectSelector", off: NO_OBJECT, isOn: isActiveControllerEntry },
};

/**
 * The registration with some of its entries switched off: they select nothing any more, and what they selected is kept in an annotation.
 * All others stay as they are. Undefined when there is nothing to switch off.
 */
export function takenOver(registration: JsonObject, part: TakenPart): JsonObject | undefined {
  const { field, off, isOn } = SWITCHES[part];
  const saved: Record<string, JsonObject> = { ...savedSelectors(registration) };
  const webhooks = objectsOf(registration.webhooks).map((webhook) => {
    if (!isOn(webhook)) return webhook;
    const selector = objectOf(webhook[field]);
    // release 0.1.0 wrote selectors of namespaces, and knew nothing else
    saved[stringOf(webhook.name) ?? ""] = field === "namespaceSelector" ? selector : { [field]: selector };
    return { ...webhook, [field]: off };
  });
  if (sameJson(webhooks, registration.webhooks)) return undefined;
  return { ...withAnnotation(registration, JSON.stringify(saved)), webhooks };
}

/**
 * The registration as it was before it was taken over: entries that still select nothing get their selector back, others were
 * changed by their owner since and stay. Undefined when it was not taken over.
 */
export function givenBack(registration: JsonObject): JsonObject | undefined {
  if (annotationsOf(registration)[TAKEN_OVER_KEY] === undefined) return undefined;
  const saved = savedSelectors(registration);
  const webhooks = objectsOf(registration.webhooks).map((webhook) => {
    const kept = saved[stringOf(webhook.name) ?? ""];
    if (kept === undefined) return webhook;
    const { field, off } = SWITCHES["objectSelector" in kept ? "objects" : "pods"];
    const selector = field === "objectSelector" ? objectOf(kept[field]) : kept;
    return sameJson(webhook[field], off) ? { ...webhook, [field]: selector } : webhook;
  });
  return { ...withAnnotation(registration, undefined), webhooks };
}

/** The Deployment of App Mesh's controller without replicas, and with their number in an annotation; undefined where it has none. */
export function scaledDown(deployment: JsonObject): JsonObject | undefined {
  const replicas = replicasOf(deployment);
  if (replicas === 0) return undefined;
  return withReplicas(withAnnotation(deployment, String(replicas)), 0);
}

/** The Deployment with the replicas that it had, unless somebody has scaled it since; undefined when it was not taken over. */
export function scaledBack(deployment: JsonObject): JsonObject | undefined {
  const text = annotationsOf(deployment)[TAKEN_OVER_KEY];
  if (text === undefined) return undefined;
  const before = withAnnotation(deployment, undefined);
  return replicasOf(deployment) === 0 && /^\d{1,4}$/.test(text) ? withReplicas(before, Number(text)) : before;
}

function replicasOf(deployment: JsonObject): number {
  return numberOf(member(deployment.spec, "replicas")) ?? 1;
}

function withReplicas(deployment: JsonObject, replicas: number): JsonObject {
  return { ...deployment, spec: { ...objectOf(deployment.spec), replicas } };
}

function withAnnotation(object: JsonObject, value: string | undefined): JsonObject {
  const { [TAKEN_OVER_KEY]: _, ...others } = annotationsOf(object);
  const annotations = value === undefined ? others : { ...others, [TAKEN_OVER_KEY]: value };
  const { annotations: __, ...metadata } = objectOf(object.metadata);
  const hasAny = Object.keys(annotations).length > 0;
  return { ...object, metadata: { ...metadata, ...(hasAny && { annotations }) } };
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
