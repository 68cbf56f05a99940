import { member, numberOf } from "../../model/json.ts";
import { APPMESH_PREFIX, CAPTURE_CONTAINER } from "../../model/names.ts";
import type { Capture } from "../decision.ts";
import type { InjectionInput } from "../input.ts";
import { type PodView, podView } from "../pod.ts";
import type { Trace } from "../trace.ts";

/** OpenShift's: the UIDs that its security context constraints let a namespace's pods use. */
const UID_RANGE_KEY = "openshift.io/sa.scc.uid-range";
const MAX_UID = 2_147_483_647;
/** Users of a pod in a user namespace are 0 to 65535 (Kubernetes documentation, "User Namespaces"). */
const IDS_OF_USER_NAMESPACE = 65_536;
const RULE = "user-id-range";

interface UidRange {
  readonly first: number;
  readonly last: number;
}

/**
 * The UID that the sidecar runs as and whose traffic is not captured: the configured one, or, in a namespace that demands a range
 * without it, the first of the range that no container of the pod has. OpenShift gives the range's very first one to every container
 * that names none (its documentation of security context constraints, `MustRunAsRange`), and does so after we were asked.
 */
export function sidecarUid(input: InjectionInput, capture: Capture, trace: Trace): number {
  const uid = chosenUid(input, capture, trace);
  if (member(member(input.pod, "spec"), "hostUsers") === false && uid >= IDS_OF_USER_NAMESPACE) {
    trace.warn(
      RULE,
      `the sidecar would run as UID ${uid}, but spec.hostUsers is false and a user namespace has only those below ${IDS_OF_USER_NAMESPACE}: choose a lower one, or leave spec.hostUsers out`,
    );
  }
  return uid;
}

function chosenUid(input: InjectionInput, capture: Capture, trace: Trace): number {
  const { uid } = input.configuration.proxy;
  const text = input.namespace.annotations[UID_RANGE_KEY];
  if (text === undefined) return uid;
  const range = parseUidRange(text);
  if (range === undefined) {
    trace.warn(
      RULE,
      `namespace ${input.namespace.name} has a malformed annotation ${UID_RANGE_KEY}: expected FIRST/SIZE or FIRST-LAST; the sidecar runs as UID ${uid}`,
    );
    return uid;
  }
  const demanded = `namespace ${input.namespace.name} demands UIDs ${range.first} to ${range.last}`;
  const taken = takenUids(podView(input.pod), range);
  // ranges begin above 0: whoever enforces this one refuses root
  if (capture.mode === "init") {
    trace.warn(
      RULE,
      `${demanded}, but ${CAPTURE_CONTAINER} runs as UID 0: use the CNI plugin (${APPMESH_PREFIX}appmeshCNI: enabled), or let the pod's service account use a constraint that allows it`,
    );
  }
  const found = contains(range, uid) && !taken.has(uid) ? uid : firstFree(range, taken);
  if (found === undefined) {
    trace.warn(RULE, `${demanded}, and the pod's own containers have them all: the sidecar runs as UID ${uid}`);
    return uid;
  }
  trace.set(RULE, `${demanded}: the sidecar runs as UID ${found}`);
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
