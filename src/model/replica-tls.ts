import { z } from "zod";
import { REPORT_LIMITS } from "./report-limits.ts";

/*
 * What replicas of the control plane tell each other of changes of TLS that are on their way (docs/decisions/0042-tls-steps.md): each goes the
 * same steps by itself, and goes on once all have said that their own proxies have what the step gives.
 */

/** How far one replica's own proxies are. */
export interface ReplicaTls {
  /** Another one whenever it begins a change. */
  readonly mark: TlsMark;
  /** The mark that it has read of each other replica, by the name of its pod: all that it says is as of later. */
  readonly heard: ReadonlyMap<string, TlsMark>;
  /** How many steps of a change, from its first on, its own proxies have, by the name of the change. */
  readonly held: ReadonlyMap<string, number>;
}

/** Tells beginnings apart: a process's own, which nobody else has, and how many changes it has begun. */
export interface TlsMark {
  readonly process: string;
  readonly begun: number;
}

const MARK = /^([0-9a-f]{16})\.([0-9]{1,15})$/;
const mark = z.string().regex(MARK);

/** As it stands in a report. Equal ones are equal texts. */
export function storedTls({ mark: own, heard, held }: ReplicaTls) {
  const marks = [...heard].slice(0, REPORT_LIMITS.reports).map(([pod, of]) => [pod, markText(of)]);
  return {
    mark: markText(own),
    heard: Object.fromEntries(marks.toSorted(byName)),
    held: Object.fromEntries([...held].slice(0, REPORT_LIMITS.tlsChanges).toSorted(byName)),
  };
}

/**
 * The inverse, of what anybody may have written; undefined where it is none that is known, or there is none, as in a report of an earlier
 * release: then nothing is known of that replica's proxies.
 */
export const STORED_TLS = z
  .object({
    mark,
    heard: atMost(REPORT_LIMITS.reports, z.record(z.string().max(REPORT_LIMITS.podName), mark)),
    held: atMost(REPORT_LIMITS.tlsChanges, z.record(z.string().regex(/^[0-9a-f]{16}$/), z.int().min(1).max(9))),
  })
  .transform((tls): ReplicaTls => {
    const heard = Object.entries(tls.heard).map(([pod, of]) => [pod, markIn(of)] as const);
    return { mark: markIn(tls.mark), heard: new Map(heard), held: new Map(Object.entries(tls.held)) };
  })
  .optional()
  .catch(undefined);

function atMost<V>(most: number, record: z.ZodType<Record<string, V>>) {
  return record.refine((all) => Object.keys(all).length <= most);
}

function markText({ process, begun }: TlsMark): string {
  return `${process}.${begun}`;
}

function markIn(text: string): TlsMark {
  const [, process = "", begun] = MARK.exec(text) ?? [];
  return { process, begun: Number(begun) };
}

function byName([one]: readonly unknown[], [other]: readonly unknown[]): number {
  return String(one) < String(other) ? -1 : 1;
}
