import { createHash } from "node:crypto";
import type { JsonObject } from "../model/json.ts";
import { EVENT_LIMITS } from "./limits.ts";

/** The object that an event is about; the namespace is empty of one that has none. */
export interface EventSubject {
  readonly apiVersion: string;
  readonly kind: string;
  readonly namespace: string;
  readonly name: string;
  readonly uid: string;
}

/** What is said about an object. There is one event for a subject and a reason, however often it happens. */
export interface EventText {
  readonly subject: EventSubject;
  readonly type: "Normal" | "Warning";
  /** One word in CamelCase out of a fixed set. */
  readonly reason: string;
  /** What was done or is to be done, likewise. */
  readonly action: string;
  /** For a person; names of users' objects in it are data, and it is cut to what an event may hold. */
  readonly message: string;
}

export interface EventSource {
  /** Who says it: `outrigger.dev/control-plane`. */
  readonly component: string;
  /** Which of its processes. */
  readonly instance: string;
}

/** The event as it is created (https://kubernetes.io/docs/reference/kubernetes-api/cluster-resources/event-v1/, in its core form, which every `kubectl describe` shows with its count). */
export function eventObject(
  event: EventText,
  { component, instance }: EventSource,
  count: number,
  now: Date,
): JsonObject {
  const { subject } = event;
  const time = now.toISOString();
  return {
    apiVersion: "v1",
    kind: "Event",
    // the API server takes events about objects without a namespace in this one
    metadata: { namespace: subject.namespace || "default", name: eventName(event, component) },
    involvedObject: { ...subject },
    type: event.type,
    reason: event.reason,
    action: event.action,
    message: eventMessage(event.message),
    source: { component },
    reportingComponent: component,
    reportingInstance: instance.slice(0, EVENT_LIMITS.instanceLength),
    firstTimestamp: time,
    lastTimestamp: time,
    count,
  };
}

/** The same name for the same thing, so that another process, or the next leader, goes on with the same event. */
export function eventName({ subject, reason }: EventText, component: string): string {
  const digest = createHash("sha256")
    .update(JSON.stringify([component, subject.uid, reason]))
    .digest("hex")
    .slice(0, 16);
  // Cut so that the whole stays a DNS subdomain of at most 253 characters.
  const start = subject.name.slice(0, 230).replace(/[^a-z0-9]+$/, "");
  const isSubdomain = start.split(".").every((label) => /^[a-z0-9]([a-z0-9-]*[a-z0-9])?$/.test(label));
  return isSubdomain ? `${start}.${digest}` : `outrigger.${digest}`;
}

/** One line, at most as long as the API allows, cut at a character. */
export function eventMessage(text: string): string {
  const plain = text.replace(/\p{Cc}+/gu, " ").toWellFormed();
  if (Buffer.byteLength(plain) <= EVENT_LIMITS.messageBytes) return plain;
  // A cut character decodes as one that is not in the text.
  const start = Buffer.from(plain).subarray(0, EVENT_LIMITS.messageBytes - 3);
  return `${start.toString().replace(/\u{fffd}+$/u, "")}…`;
}
