import { isDeepStrictEqual } from "node:util";
import { tlsOf } from "../../graph/connections.ts";
import { serverTls } from "../../graph/tls.ts";
import { type TlsStep, tlsSteps } from "../../graph/tls-steps.ts";
import type { ClientTlsView } from "../../graph/tls-view.ts";
import type { ListenerView, MeshView, ServiceView } from "../../graph/view.ts";
import { keyOf } from "../../model/mesh-object.ts";
import type { Log } from "../../serving/log.ts";
import { type Called, CallingViews, servicesOf } from "./calling-views.ts";
import { changeName } from "./change-name.ts";
import { editedCalls, editedListeners, type MovedListener, movedListeners, noLongerMoving } from "./edited-tls.ts";
import { FormerPolicies } from "./former-policies.ts";
import { OwnSteps, type OwnStepsSaid } from "./own-steps.ts";
import { type Acknowledged, StepHolding } from "./step-holding.ts";
import { moveTo, type Place, placeOf, type TlsChange, wayOf } from "./tls-change.ts";
import { TLS_CHANGE_LIMITS, type TlsChangeLimits } from "./tls-change-limits.ts";
import type { HeldByOthers } from "./tls-of-replicas.ts";
import { viewInEffect } from "./view-in-effect.ts";

export interface TlsChangesParts {
  /** Is told the key of each view that is another one now. */
  readonly changed: (view: string) => void;
  /** Looks at the proxies of this replica, as they are now. */
  readonly acknowledging: () => Acknowledged;
  /** Looks at what other replicas say of theirs. */
  readonly others: () => HeldByOthers;
  /** There is something else to say to the others. */
  readonly said: () => void;
  /** A view as the objects are now, which may not have been taken yet; undefined: it is none. */
  readonly written: (view: string) => MeshView | undefined;
  /** Whether every view is as the objects are. */
  readonly isUpToDate: () => boolean;
  /** A step ended although not everybody had acknowledged it. */
  readonly late: () => void;
  /** A step took its whole time, as not all of the other replicas have said that their proxies have it. */
  readonly unheard: () => void;
  readonly log: Log;
  /** Milliseconds of a clock that does not go back. */
  readonly now: () => number;
  /** Calls back after so many milliseconds. */
  readonly later: (milliseconds: number, look: () => void) => void;
  /** For tests. */
  readonly limits?: Partial<TlsChangeLimits>;
}

/** Milliseconds between two moments. */
const SHORTEST = 0.001;

/**
 * Brings changes of TLS to listeners and their callers in steps that lose nothing (graph/tls-steps.ts): between the graph, which says what is
 * written, and what proxies get. What belongs together is gathered for a moment first, so that nodes and their callers may come one after the other.
 * Each step waits for the proxies of all replicas, for a bounded time; a process that begins has nothing to wait for, and serves what is written.
 */
export class TlsChanges {
  readonly #parts: TlsChangesParts;
  readonly #limits: TlsChangeLimits;
  /** As the graph said them last; of those that are served. */
  readonly #views = new CallingViews();
  readonly #changes = new Map<Place, TlsChange>();
  readonly #former = new FormerPolicies();
  readonly #own: OwnSteps;
  readonly #holding: StepHolding;
  /** When anything came that somebody wrote: what belongs to a change may stand at the other end of the same file. */
  #written = Number.NEGATIVE_INFINITY;
  #last = Number.NEGATIVE_INFINITY;
  #isLooking = false;
  /** Views that are being taken. */
  readonly #taken = new Set<string>();

  constructor(parts: TlsChangesParts) {
    this.#parts = parts;
    this.#limits = { ...TLS_CHANGE_LIMITS, ...parts.limits };
    this.#own = new OwnSteps(parts.said);
    this.#holding = new StepHolding({ views: this.#views, wayOf: (...service) => this.#wayOf(...service) });
  }

  /** How many listeners are on their way. */
  get size(): number {
    return this.#changes.size;
  }

  /** What other replicas may go by. */
  said(): OwnStepsSaid {
    return this.#own.said(this.#parts.now());
  }

  /** A view as it is in effect; undefined: it is none, or is not served. What is new in it is noted. */
  inEffect(key: string, view: MeshView | undefined): MeshView | undefined {
    this.take(key, view);
    if (view === undefined || this.#changes.size === 0) return view;
    return viewInEffect(key, view, { changes: this.#changes, wayOf: (...service) => this.#wayOf(...service) });
  }

  /** A view may be another one than before. */
  take(key: string, given: MeshView | undefined): void {
    const view = given?.mode === "serve" ? given : undefined;
    const before = this.#views.get(key);
    if (before === view || this.#taken.has(key)) return;
    this.#taken.add(key);
    try {
      this.#takeOther(key, before, view);
    } finally {
      this.#taken.delete(key);
    }
  }

  #takeOther(key: string, before: MeshView | undefined, view: MeshView | undefined): void {
    this.#written = this.#parts.now();
    if (before !== undefined && view !== undefined) {
      const at = this.#moment();
      this.#former.note(key, before, view, at, at - this.#limits.whole - this.#limits.gathered);
      this.#noteListeners(key, before, view);
      this.#takeCalled(view);
      this.#noteCalls(key, before, view);
    } else if (view === undefined) {
      this.#endAll((change) => change.node === key);
      if (before?.kind === "virtualNode") for (const { port } of before.listeners) this.#own.forget(placeOf(key, port));
      this.#former.forget(key);
    }
    this.#views.set(key, view);
    this.#holding.forget();
  }

  /** Nodes that are called at ports of which nothing is known yet: where a listener has moved, that comes before those who follow it. */
  #takeCalled({ targets }: MeshView): void {
    for (const { object, listeners } of targets) {
      const key = keyOf(object);
      if (this.#views.get(key) === undefined) continue;
      if (listeners.every(({ port }) => this.#views.listener(key, port) !== undefined)) continue;
      const written = this.#parts.written(key);
      if (written !== undefined) this.take(key, written);
    }
  }

  /** Goes on where it is time to. */
  look(): void {
    const now = this.#parts.now();
    const acknowledged = this.#parts.acknowledging();
    const others = this.#parts.others();
    for (const [place, change] of this.#changes) {
      // several steps may be over at once, where nobody has what they change
      while (this.#changes.get(place) === change && this.#isOver(place, change, now, acknowledged, others)) {
        this.#goOn(place, change, now);
      }
    }
  }

  #noteListeners(key: string, before: MeshView, view: MeshView): void {
    const { certificateNames } = before;
    const moved = movedListeners(before, view).filter(
      ({ from, to }) => this.#changes.has(placeOf(key, from.port)) || hasTls(from) || hasTls(to),
    );
    for (const { port, before: tls, isThere } of editedListeners(before, view)) {
      const move = moved.find(({ from }) => from.port === port);
      if (isThere) this.#touched(key, port, { tls, certificateNames });
      else if (move !== undefined) this.#moved(key, move, certificateNames);
      else {
        this.#endAll((change) => change.node === key && change.port === port);
        this.#own.forget(placeOf(key, port));
      }
    }
    // where a listener was, another one is now
    const isTaken = ({ former }: TlsChange): boolean =>
      view.kind === "virtualNode" && view.listeners.some(({ port }) => former.has(port));
    this.#endAll((change) => change.node === key && isTaken(change));
  }

  /** A listener is at another port: it stays where it was as well, until all who call it have followed. */
  #moved(node: string, { from, to }: MovedListener, certificateNames: readonly string[]): void {
    const place = placeOf(node, from.port);
    const change = this.#touched(node, from.port, { tls: from.tls, certificateNames });
    this.#changes.delete(place);
    this.#own.forget(place);
    moveTo(change, from, to);
    change.number = this.#own.begin(placeOf(node, to.port));
    this.#changes.set(placeOf(node, to.port), change);
  }

  #noteCalls(key: string, before: MeshView, view: MeshView): void {
    const left = new Set(noLongerMoving(this.#changes.values(), before, view));
    if (left.size > 0) this.#endAll((change) => left.has(change));
    for (const { node, port, service, called } of editedCalls(before, view)) {
      const change = this.#touched(node, port, this.#known(node, port));
      const held = change.held.get(key) ?? new Map<string, ClientTlsView | undefined>();
      // what was written is not in effect where a change is on its way already
      if (!held.has(service.name)) held.set(service.name, this.#wayOf(change, key, service, called));
      change.held.set(key, held);
    }
  }

  #known(node: string, port: number): TlsChange["before"] {
    const known = this.#views.listener(node, port);
    return known && { tls: known.listener.tls, certificateNames: known.view.certificateNames };
  }

  /** Something at a listener changes, or somebody who calls it: everybody keeps what there is until all that belongs together has come. */
  #touched(node: string, port: number, before: TlsChange["before"]): TlsChange {
    const now = this.#parts.now();
    const place = placeOf(node, port);
    const known = this.#changes.get(place);
    if (known !== undefined) {
      if (known.next !== undefined) this.#beginAgain(place, known);
      return known;
    }
    const change: TlsChange = {
      node,
      port,
      calledAt: port,
      former: new Map(),
      begun: now,
      gathering: now,
      before,
      step: { server: { tls: before?.tls, namedTls: [] }, callers: { kind: "before" } },
      next: undefined,
      number: this.#own.begin(place),
      name: "",
      index: 0,
      isBegun: false,
      since: now,
      due: now,
      acknowledged: undefined,
      waitsFor: { servers: false, callers: [] },
      held: new Map(),
      base: before && { tls: before.tls, serverName: undefined, since: this.#moment() - this.#limits.gathered },
      gathered: undefined,
    };
    this.#changes.set(place, change);
    this.#lookLater();
    return change;
  }

  /** Begins a change again in the middle of itself: what callers have by now is what they had before. */
  #beginAgain(place: Place, change: TlsChange): void {
    change.number = this.#own.begin(place);
    const { callers, server } = change.step;
    if (callers.kind !== "before") {
      change.calledAt = change.port;
      const held = this.#callersOf(change).map(({ key, called }): [string, Map<string, ClientTlsView | undefined>] => {
        const services = servicesOf(called);
        return [key, new Map(services.map((each) => [each.name, this.#wayOf(change, key, each, called)]))];
      });
      change.held = new Map(held);
      const serverName = callers.kind === "named" ? callers.serverName : undefined;
      change.base = { tls: change.next?.at(-1)?.server.tls, serverName, since: change.gathered ?? this.#moment() };
      change.step = { server, callers: { kind: "before" } };
    }
    change.next = undefined;
    change.gathering = this.#parts.now();
  }

  /** Milliseconds, later than whatever was before. */
  #moment(): number {
    this.#last = Math.max(this.#parts.now(), this.#last + SHORTEST);
    return this.#last;
  }

  #isOver(
    place: Place,
    change: TlsChange,
    now: number,
    acknowledged: Acknowledged,
    isHeldByOthers: HeldByOthers,
  ): boolean {
    const { gathered, longestGathering, settled, step, whole } = this.#limits;
    if (now - change.begun >= whole) {
      if (this.#isCutShort(change, acknowledged)) this.#late(change);
      return true;
    }
    if (change.next === undefined) {
      if (now - change.gathering >= longestGathering) return true;
      return now - this.#written >= gathered && this.#parts.isUpToDate();
    }
    const ofChange = { chain: change.name, index: change.index, begun: change.number };
    const held = this.#holding.of(change, acknowledged);
    change.acknowledged = held === "all" ? (change.acknowledged ?? now) : undefined;
    const isSettled = change.acknowledged !== undefined && now - change.acknowledged >= settled;
    if (held === "nobody" || isSettled) {
      this.#own.hold(place, change.index);
      if (isForNobody(change) || isHeldByOthers(ofChange)) return true;
    }
    const isHeard = isHeldByOthers(ofChange);
    if (now < (isHeard ? change.since + step : change.due)) return false;
    if (held === "some") this.#late(change);
    else if (!isHeard) this.#unheard(change);
    return true;
  }

  /** Whether callers and servers may not understand each other where what is written holds from now on. */
  #isCutShort(change: TlsChange, acknowledged: Acknowledged): boolean {
    const { next, step } = change;
    const written = next?.at(-1)?.server.tls;
    // who asks for a name that is there no more gets what everybody gets
    const isWritten = step.callers.kind === "written" || isDeepStrictEqual(step.server.tls, written);
    const isLastStep = next !== undefined && step.callers.kind !== "before" && isWritten;
    return !isLastStep || this.#holding.of(change, acknowledged) === "some";
  }

  #late({ node, port }: TlsChange): void {
    this.#parts.late();
    this.#parts.log.warn(
      { node, port },
      "a change of TLS goes on although not all proxies have acknowledged it in time",
    );
  }

  #unheard({ node, port }: TlsChange): void {
    this.#parts.unheard();
    this.#parts.log.info(
      { node, port },
      "a change of TLS goes on although not all other replicas have said in time that their proxies have acknowledged it",
    );
  }

  #goOn(place: Place, change: TlsChange, now: number): void {
    const [next, ...following] = now - change.begun >= this.#limits.whole ? [] : this.#following(change);
    const { step } = change;
    if (next === undefined || following.length === 0) {
      // what is written holds from here on
      this.#changes.delete(place);
      this.#own.end(place, now + this.#limits.whole);
      this.#tell([change.node, ...this.#callersOf(change).map(({ key }) => key)]);
      this.#parts.log.info({ node: change.node, port: change.port }, "TLS of a listener has changed");
      return;
    }
    if (change.next === undefined) this.#name(place, change, [next, ...following]);
    else change.index += 1;
    change.step = next;
    change.next = following;
    change.since = now;
    change.acknowledged = undefined;
    // the first step after another change: servers may not even have the one before
    const isFirst = (change.isBegun || change.former.size > 0) && next.callers.kind === "before";
    const isCallers = !isDeepStrictEqual(step.callers, next.callers);
    change.waitsFor = {
      servers: isFirst || !isDeepStrictEqual(step.server, next.server),
      callers: isCallers ? this.#callersOf(change).map(({ key }) => key) : [],
    };
    change.isBegun = true;
    if (!isForNobody(change)) change.due += this.#limits.step;
    this.#tell([...(change.waitsFor.servers ? [change.node] : []), ...change.waitsFor.callers]);
  }

  #name(place: Place, change: TlsChange, steps: readonly TlsStep[]): void {
    const callers = this.#callersOf(change);
    change.index = 0;
    change.due = this.#parts.now();
    change.name = changeName(change, steps, callers, (...calls) => this.#wayOf(change, ...calls));
    this.#own.name(place, change.name);
  }

  #following(change: TlsChange): readonly TlsStep[] {
    if (change.next !== undefined) return change.next;
    change.gathered = this.#moment();
    const written = this.#known(change.node, change.port)?.tls;
    const known = change.before === undefined ? { tls: written, namedTls: [] } : change.step.server;
    change.step = { server: known, callers: { kind: "before" } };
    const callers = this.#callersOf(change);
    // who calls it first in the middle of a change is to be understood by all of its proxies as well
    const isCalledElsewhere = change.calledAt !== change.port;
    if (change.isBegun || callers.length === 0 || isCalledElsewhere || this.#changesCalls(change)) {
      return tlsSteps(known, written);
    }
    // all who call go on as they do: the node may change at once, and is waited for
    const end: TlsStep = { server: { tls: written, namedTls: [] }, callers: { kind: "written" } };
    return [end, end];
  }

  /** Whether somebody is to call in another way than it does. */
  #changesCalls(change: TlsChange): boolean {
    return this.#callersOf(change).some(({ key, called }) =>
      servicesOf(called).some(
        (service) =>
          !isDeepStrictEqual(this.#wayOf(change, key, service, called), tlsOf(service, called.target, called.listener)),
      ),
    );
  }

  #wayOf(change: TlsChange, key: string, service: ServiceView, called: Called): ClientTlsView | undefined {
    return wayOf(change, key, service, called, this.#former);
  }

  #callersOf({ node, port }: TlsChange): readonly { readonly key: string; readonly called: Called }[] {
    return this.#views.callersOf(node, port);
  }

  #endAll(isOver: (change: TlsChange) => boolean): void {
    for (const [place, change] of this.#changes) {
      if (!isOver(change)) continue;
      this.#changes.delete(place);
      this.#own.forget(place);
      this.#tell([change.node, ...this.#callersOf(change).map(({ key }) => key)]);
    }
  }

  #tell(views: readonly string[]): void {
    for (const view of views) this.#parts.changed(view);
  }

  #lookLater(): void {
    if (this.#isLooking) return;
    this.#isLooking = true;
    this.#parts.later(this.#limits.look, () => {
      this.#isLooking = false;
      this.look();
      if (this.#changes.size > 0) this.#lookLater();
    });
  }
}

function hasTls({ tls }: ListenerView): boolean {
  return serverTls(tls) !== undefined;
}

function isForNobody({ waitsFor: { servers, callers } }: TlsChange): boolean {
  return !servers && callers.length === 0;
}
