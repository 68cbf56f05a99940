import { member, numberOf } from "../model/json.ts";
import type { InjectionInput } from "./input.ts";
import { type PodView, podView } from "./pod.ts";
import type { Trace } from "./trace.ts";

/** OpenShift's: the UIDs that its security context constraints let a namespace's pods use. */
const UID_RANGE_KEY = "openshift.io/sa.scc.uid-range";
const MAX_UID = 2_147_483_647;

interface UidRange {
  readonly first: number;
  readonly last: number;
}

/**
 * The UID that the sidecar runs as and whose traffic is not captured: the configured one, or, in a namespace that demands a range
 * without it, the first of the range that no container of the pod has. OpenShift gives the range's very first one to every container
 * that names none (its documentation of security context constraints, `MustRunAsRange`), and does so after we were asked.
 */
export function sidecarUid(input: InjectionInput, trace: Trace): number {
  const { uid } = input.configuration.proxy;
  const text = input.namespace.annotations[UID_RANGE_KEY];
  if (text === undefined) return uid;
  const rule = "user-id-range";
  const range = parseUidRange(text);
  if (range === undefined) {
    trace.warn(
      rule,
      `namespace ${input.namespace.name} has a malformed annotation ${UID_RANGE_KEY}: expected FIRST/SIZE or FIRST-LAST; the sidecar runs as UID ${uid}`,
    );
    return uid;
  }
  const demanded = `namespace ${input.namespace.name} demands UIDs ${range.first} to ${range.last}`;
  const taken = takenUids(podView(input.pod), range);
  const found = contains(range, uid) && !taken.has(uid) ? uid : firstFree(range, taken);
  if (found === undefined) {
    trace.warn(rule, `${demanded}, and the pod's own containers have them all: the sidecar runs as UID ${uid}`);
    return uid;
  }
  trace.set(rule, `${demanded}: the sidecar runs as UID ${found}`);
  return found;
}

/** `1000650000/10000`, or `1000650000-1000659999` (openshift/apiserver-library-go `securitycontextconstraints`). */
function parseUidRange(text: string): UidRange | undefined {
  const [, start = "", size, end] = /^(\d{1,10})(?:\/(\d{1,10})|-(\d{1,10}))$/.exec(text) ?? [];
  const first = Number(start);
  const last = size === undefined ? Number(end) : first + Number(size) - 1;
  const usable = start !== "" && first >= 1 && last >= first && last <= MAX_UID;
  return usable ? { first, last } : undefined;
}

/** UIDs of the pod's containers, the one among them that OpenShift will give to those without. */
function takenUids(pod: PodView, range: UidRange): ReadonlySet<number> {
  const ofPod = runAsUser(pod.spec);
  const containers = [...pod.initContainers, ...pod.containers];
  return new Set(containers.map(({ raw }) => runAsUser(raw) ?? ofPod ?? range.first));
}

function runAsUser(owner: Parameters<typeof member>[0]): number | undefined {
  return numberOf(member(member(owner, "securityContext"), "runAsUser"));
}

function contains({ first, last }: UidRange, uid: number): boolean {
  return uid >= first && uid <= last;
}

/** Looks at most one further than there are UIDs taken, however long the range is. */
function firstFree({ first, last }: UidRange, taken: ReadonlySet<number>): number | undefined {
  for (let uid = first; uid <= last; uid++) if (!taken.has(uid)) return uid;
  return undefined;
}
