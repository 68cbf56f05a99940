import { OUTRIGGER_PREFIX } from "./names.ts";

/** Of a VirtualNode or VirtualGateway: the namespaces whose pods may name it by their annotation `virtualNode`, beside its own. */
export const NAMESPACES_KEY = `${OUTRIGGER_PREFIX}namespaces`;

/** Every namespace. */
const ALL = "*";
/** Of a namespace: a DNS label (https://kubernetes.io/docs/concepts/overview/working-with-objects/names/#dns-label-names). */
const NAME = /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/;
/** An annotation may have 256 KiB, and every node is kept in memory. */
const MOST = 1024;

/** The annotation as it is read: names of namespaces and `*`; what cannot be read is left out, and is `bad`. */
export interface SharedNamespaces {
  readonly names: readonly string[];
  readonly bad: readonly string[];
}

/** Names separated by commas, blanks around them do not matter. */
export function sharedNamespaces(annotations: Readonly<Record<string, string>>): SharedNamespaces {
  const value = annotations[NAMESPACES_KEY];
  if (value === undefined) return NONE;
  const entries = value.split(",", MOST + 1).map((entry) => entry.trim());
  const isGood = (entry: string, index: number): boolean => (entry === ALL || NAME.test(entry)) && index < MOST;
  return { names: entries.filter(isGood), bad: entries.filter((entry, index) => !isGood(entry, index)) };
}

/** Whether one of the names means this namespace. */
export function isSharedWith(names: readonly string[], namespace: string): boolean {
  return names.includes(ALL) || names.includes(namespace);
}

const NONE: SharedNamespaces = { names: [], bad: [] };
