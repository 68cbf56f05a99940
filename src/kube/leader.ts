import { setTimeout as wait } from "node:timers/promises";
import { type JsonObject, member, stringOf } from "../model/json.ts";
import type { KubeClient } from "./client.ts";
import { createByName } from "./create-by-name.ts";
import { KubeError } from "./kube-error.ts";
import { heldLease, type LeasePlace, leaseRecord } from "./lease.ts";
import { LEASE_LIMITS, type LeaseTimings } from "./limits.ts";
import { read, replace, type Writer } from "./writes.ts";

export interface Election {
  readonly client: KubeClient;
  readonly lease: LeasePlace;
  /** Unique among those who run at the same time; one who comes back under his name goes on at once. */
  readonly identity: string;
  /** Who leads has changed, as far as is known here: empty for nobody. */
  readonly onHolder?: (identity: string) => void;
  /** A call that failed, or parts that ended with an error; it is tried again. */
  readonly onProblem?: (error: unknown) => void;
  readonly timings?: LeaseTimings;
  /** The wall clock, which only says when in the Lease; what is waited for is measured by the monotonic one. */
  readonly now?: () => Date;
  readonly random?: () => number;
}

/**
 * Calls `lead` whenever this candidate leads, with a signal that is aborted when it no longer does; at most one at a time leads,
 * unless a process is stopped for longer than a Lease holds and goes on. A candidate takes a Lease that nobody holds, that it
 * holds already, or that it saw unchanged for as long as the Lease says: nobody's wall clock counts.
 * When the signal comes the Lease is given back and the promise resolves, after `lead` did; it never rejects.
 * Parts that end by themselves give the Lease back too, and are started again.
 * (The rules are client-go's: https://pkg.go.dev/k8s.io/client-go/tools/leaderelection)
 */
export async function runAsLeader(
  election: Election,
  lead: (signal: AbortSignal) => Promise<void>,
  signal: AbortSignal,
): Promise<void> {
  const candidate = new Candidate(election);
  while (!signal.aborted) {
    const won = await candidate.tryFor(signal);
    if (won) await leading(candidate, lead, signal, election);
    await candidate.pause(signal);
  }
}

/** One term: the parts run until the Lease is lost, the signal comes, or they end. */
async function leading(
  candidate: Candidate,
  lead: (signal: AbortSignal) => Promise<void>,
  signal: AbortSignal,
  { onProblem }: Election,
): Promise<void> {
  const term = new AbortController();
  const end = (): void => term.abort(signal.reason);
  signal.addEventListener("abort", end, { once: true });
  // Parts may fail at once, and still count as begun.
  const parts = Promise.resolve()
    .then(() => lead(term.signal))
    .catch((error: unknown) => {
      if (!term.signal.aborted) onProblem?.(error);
    })
    .finally(() => term.abort());
  if (signal.aborted) end();
  await candidate.keep(term.signal);
  term.abort();
  await parts;
  signal.removeEventListener("abort", end);
  await candidate.giveBack();
}

class Candidate {
  readonly #election: Election;
  readonly #timings: LeaseTimings;
  /** The Lease as it was last read or written. */
  #lease: JsonObject | undefined;
  /** When it was first seen in this version, on the monotonic clock. */
  #seen = 0;
  /** Until when the last successful renewal surely holds for us. */
  #deadline = 0;
  #holder = "";

  constructor(election: Election) {
    this.#election = election;
    this.#timings = election.timings ?? LEASE_LIMITS;
  }

  /** Looks at the Lease and takes it when it may be taken; whether we hold it now. */
  async tryFor(signal: AbortSignal): Promise<boolean> {
    const started = performance.now();
    const until = AbortSignal.any([signal, AbortSignal.timeout(this.#timings.renewDeadline)]);
    try {
      const found = await read({ client: this.#election.client, signal: until }, this.#reference());
      this.#observe(found);
      if (found !== undefined && !this.#mayTake(found)) return false;
      await this.#write(found, this.#election.identity, until);
      this.#deadline = started + this.#timings.renewDeadline;
      return true;
    } catch (error) {
      if (!signal.aborted) this.#report(error);
      return false;
    }
  }

  /** Renews until it can no longer be sure to hold the Lease, or the signal comes. */
  async keep(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      await sleep(Math.min(this.#timings.retry, this.#deadline - performance.now()), signal);
      const left = this.#deadline - performance.now();
      if (signal.aborted || left <= 0) return;
      const started = performance.now();
      // Half of the deadline for one call, so that a connection that hangs leaves time for another.
      const patience = Math.ceil(Math.min(left, this.#timings.renewDeadline / 2));
      const until = AbortSignal.any([signal, AbortSignal.timeout(patience)]);
      try {
        await this.#write(this.#lease, this.#election.identity, until);
        this.#deadline = started + this.#timings.renewDeadline;
      } catch (error) {
        if (signal.aborted) return;
        this.#report(error);
        if (isOutdated(error) && !(await this.#isStillOurs(until))) return;
      }
    }
  }

  /** Lets others take the Lease at once. What fails is forgotten: the Lease runs out by itself. */
  async giveBack(): Promise<void> {
    const until = AbortSignal.timeout(this.#timings.release);
    try {
      const found = await read({ client: this.#election.client, signal: until }, this.#reference());
      if (found === undefined || leaseRecord(found).holder !== this.#election.identity) return this.#observe(found);
      await this.#write(found, "", until);
    } catch (error) {
      this.#report(error);
    }
  }

  /** Until the next try: at least the retry period, and up to 1.2 times as much again, so that candidates spread. */
  async pause(signal: AbortSignal): Promise<void> {
    const random = this.#election.random ?? Math.random;
    await sleep(this.#timings.retry * (1 + random() * 1.2), signal);
  }

  #mayTake(lease: JsonObject): boolean {
    const { holder, duration } = leaseRecord(lease);
    if (holder === "" || holder === this.#election.identity) return true;
    return performance.now() - this.#seen >= duration;
  }

  /** After a write over something else: another's touch, such as an annotation, is no loss; a Lease taken or deleted is. */
  async #isStillOurs(signal: AbortSignal): Promise<boolean> {
    try {
      const found = await read({ client: this.#election.client, signal }, this.#reference());
      this.#observe(found);
      return found !== undefined && leaseRecord(found).holder === this.#election.identity;
    } catch {
      // Not known: the deadline decides.
      return true;
    }
  }

  async #write(over: JsonObject | undefined, holder: string, signal: AbortSignal): Promise<void> {
    const { client, lease: place, now = () => new Date() } = this.#election;
    const writer: Writer = { client, fieldManager: "outrigger-control-plane", signal };
    const lease = heldLease(over, place, {
      holder,
      duration: holder === "" ? 0 : this.#timings.duration,
      now: now(),
    });
    this.#observe(await (over === undefined ? createByName(writer, lease) : replace(writer, lease)));
  }

  #observe(lease: JsonObject | undefined): void {
    if (lease === undefined || versionOf(lease) !== versionOf(this.#lease)) this.#seen = performance.now();
    this.#lease = lease;
    const holder = lease === undefined ? "" : leaseRecord(lease).holder;
    if (holder === this.#holder) return;
    this.#holder = holder;
    this.#election.onHolder?.(holder);
  }

  #report(error: unknown): void {
    // Two who want the same Lease at once: one of them is told so, as it should be.
    if (!(error instanceof KubeError && error.status === 409)) this.#election.onProblem?.(error);
  }

  #reference(): JsonObject {
    return { apiVersion: "coordination.k8s.io/v1", kind: "Lease", metadata: { ...this.#election.lease } };
  }
}

/** The Lease was written by another, or deleted, since it was read. */
function isOutdated(error: unknown): boolean {
  return error instanceof KubeError && (error.status === 409 || error.status === 404);
}

function versionOf(lease: JsonObject | undefined): string | undefined {
  return stringOf(member(member(lease, "metadata"), "resourceVersion"));
}

async function sleep(milliseconds: number, signal: AbortSignal): Promise<void> {
  if (milliseconds > 0) await wait(milliseconds, undefined, { signal }).catch(() => {});
}
