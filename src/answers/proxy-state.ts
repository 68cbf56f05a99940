import { toJson } from "@bufbuild/protobuf";
import type { JsonObject } from "../model/json.ts";
import { ClusterLoadAssignmentSchema } from "../xds/generated/envoy/config/endpoint/v3/endpoint_pb.js";
import type { ResourceType } from "../xds/types.ts";
import { addressesIn, type HeldResource } from "./config-dump.ts";
import type { ToldResource } from "./proxy-content.ts";
import type { ResourceWords } from "./resource-words.ts";
import { shownResource } from "./shown-resource.ts";

/** How what an Envoy has stands to what it is sent. */
export type Standing =
  /** It has what it is sent. */
  | "same"
  /** It has another version. */
  | "other"
  /** It has not got it, or refused it. */
  | "missing"
  /** It took it and does not use it yet. */
  | "warming"
  /** It has something that nobody sends any more. */
  | "left over"
  /** Envoy could not be asked. */
  | "not known";

/** One resource that a proxy has, or is to have. */
export interface ProxyResource {
  readonly type: ResourceType;
  readonly name: string;
  /** In App Mesh's words. */
  readonly what: string;
  readonly standing: Standing;
  /** Version that is sent, and the one that Envoy has; empty: none, or not known. */
  readonly sent: string;
  readonly has: string;
  /** What Envoy said when it refused a newer version; empty: nothing. */
  readonly refusal: string;
  /** What is in it, for a person: of routes their matches and targets, of endpoints their addresses, of secrets nothing that is secret. */
  readonly details: readonly string[];
}

/** What no view makes: of its pod alone. */
const OWN: ReadonlySet<string> = new Set(["listener outrigger_stats"]);
/** Secrets of the bootstrap are read from files of the pod, and nobody sends them. */
const SENT_SECRET = /^(?:file|acm)-(?:certificate|trust):|^no-sds-socket:|^unusable$/;

/** Everything that a proxy is sent and that its Envoy has, by type in the order of Envoy's pages, those that differ first of each. `held`: undefined where Envoy could not be asked. `hasListeners`: it has acknowledged to the control plane all listeners that it was sent. */
export function proxyState(
  told: ReadonlyMap<string, ToldResource>,
  held: readonly HeldResource[] | undefined,
  words: ResourceWords,
  hasListeners = false,
): readonly ProxyResource[] {
  const has = new Map((held ?? []).map((one) => [`${one.type} ${one.name}`, one]));
  const sent = [...told].map(([key, resource]): ProxyResource => {
    const own = has.get(key);
    const { type, name } = resource;
    // of what only the control plane knows no version can be foreseen
    const version = resource.resource === undefined || type === "endpoints" ? "" : resource.version;
    return {
      type,
      name,
      what: words(type, name),
      standing: held === undefined ? "not known" : standingOf(resource, own, hasListeners),
      sent: version,
      has: own?.version ?? "",
      refusal: own?.refusal ?? "",
      details: shownResource(type, own?.message ?? messageOf(resource), words),
    };
  });
  const beside = [...has].flatMap(([key, own]): readonly ProxyResource[] => {
    const { type, name, version, refusal, message } = own;
    // members that DNS found are nobody's to send
    if (told.has(key) || type === "endpoints" || (type === "secret" && !SENT_SECRET.test(name))) return [];
    const standing = OWN.has(key) ? "same" : "left over";
    return [
      {
        type,
        name,
        what: words(type, name),
        standing,
        sent: "",
        has: version,
        refusal,
        details: shownResource(type, message, words),
      },
    ];
  });
  return [...sent, ...beside].toSorted(
    (a, b) => ORDER.indexOf(a.type) - ORDER.indexOf(b.type) || Number(isAlike(a)) - Number(isAlike(b)),
  );
}

const ORDER: readonly ResourceType[] = ["listener", "route", "cluster", "endpoints", "secret"];

export function isAlike({ standing }: ProxyResource): boolean {
  return standing === "same" || standing === "not known";
}

function standingOf(told: ToldResource, own: HeldResource | undefined, hasListeners: boolean): Standing {
  if (own?.message === undefined) return "missing";
  if (told.type === "endpoints") {
    const [sent, has] = [messageOf(told), own.message].map((message) =>
      addressesIn(message).map(plainPlace).toSorted(),
    );
    return JSON.stringify(sent) === JSON.stringify(has) ? "same" : "other";
  }
  if (own.isWarming) return "warming";
  if (told.resource === undefined || own.version === told.version) return "same";
  // of a listener whose filter chains it changed in place Envoy 1.40 goes on naming the version of before
  return told.type === "listener" && own.refusal === "" && hasListeners ? "same" : "other";
}

/** Without its health, which the Envoy found out itself. */
function plainPlace(place: string): string {
  return place.split(" ", 1)[0] ?? "";
}

/** What is sent as Envoy's JSON; undefined: not known, or of no use here. */
function messageOf({ type, resource }: ToldResource): JsonObject | undefined {
  if (resource === undefined || type !== "endpoints") return undefined;
  return toJson(ClusterLoadAssignmentSchema, resource.message as never, { useProtoFieldName: true }) as JsonObject;
}
