import { type ResourceType, TYPES, type TypeUrl, typeName } from "../types.ts";
import { FIRST_TYPES } from "./proxy-standing.ts";
import type { OrderedType } from "./push-order.ts";

/** The oldest of what a proxy is to have and has not acknowledged, and since when that is so, in milliseconds. */
export interface Outstanding {
  readonly type: ResourceType;
  readonly since: number;
}

/** What is known of a stream after its first request; times are of its clock. */
export interface OutstandingParts {
  readonly types: ReadonlyMap<TypeUrl, OrderedType>;
  readonly begun: number;
  /** What the client does not read, and since when. */
  readonly stuck: { readonly type: TypeUrl; readonly since: number } | undefined;
}

/**
 * What was sent and not answered, what the client does not read, and what it has never asked for. Undefined: none of these. What the order
 * holds back does not count: it waits for one of them, or for a few seconds.
 */
export function outstandingOf({ types, begun, stuck }: OutstandingParts): Outstanding | undefined {
  const found: { readonly type: TypeUrl; readonly since: number }[] = stuck === undefined ? [] : [stuck];
  let isRejecting = false;
  for (const [type, { resources }] of types) {
    isRejecting ||= type !== TYPES.endpoints && resources.frozen.size > 0;
    const [oldest] = resources.exchange.waiting;
    if (oldest !== undefined) found.push({ type, since: oldest.at });
  }
  // who rejects what it got first does not go on to the rest
  const first = FIRST_TYPES.find((type) => types.get(type)?.resources.hasAccepted !== true);
  if (first !== undefined && !isRejecting) found.push({ type: first, since: begun });
  const [oldest] = found.toSorted((a, b) => a.since - b.since);
  return oldest && { type: typeName(oldest.type) ?? "cluster", since: oldest.since };
}
