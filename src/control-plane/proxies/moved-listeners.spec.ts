import { describe, expect, test } from "vitest";
import { httpRoute, listenerView, nodeView, routedService, targetView, to } from "../../../test/mesh-views.ts";
import type { ListenerView, MeshView, NodeView, ServiceView, TargetView } from "../../graph/view.ts";
import type { Protocol } from "../../model/field-types.ts";
import { TlsChanges } from "./tls-changes.ts";

/* A listener of the node `back` moves to another port, and `front` calls it by a router. */

const BACK = "VirtualNode/shop/back";
const FRONT = "VirtualNode/shop/front";

/** Ports with what is spoken there; HTTP where nothing is said. */
type Ports = readonly (number | readonly [number, Protocol])[];

class Moves {
  #now = 0;
  #looks: { readonly at: number; readonly look: () => void }[] = [];
  readonly #written = new Map<string, MeshView>();
  readonly changes = new TlsChanges({
    changed: () => undefined,
    acknowledging: () => () => "all",
    others: () => () => true,
    said: () => undefined,
    written: (key) => this.#written.get(key),
    isUpToDate: () => true,
    late: () => undefined,
    unheard: () => undefined,
    log: { info: () => undefined, warn: () => undefined } as never,
    now: () => this.#now,
    later: (milliseconds, look) => void this.#looks.push({ at: this.#now + milliseconds, look }),
  });

  constructor(...views: readonly NodeView[]) {
    this.write(...views);
  }

  /** All is written at once, and looked at in this order. Returns where `front` called the node when it was looked at. */
  write(...views: readonly NodeView[]): readonly number[] {
    for (const view of views) this.#written.set(`VirtualNode/shop/${view.object.name}`, view);
    return views.flatMap((view) => {
      const found = this.changes.inEffect(`VirtualNode/shop/${view.object.name}`, view);
      return view.object.name === "front" ? calledBy(found) : [];
    });
  }

  /** Time passes in which everybody takes everything. */
  wait(milliseconds: number): void {
    for (const end = this.#now + milliseconds; this.#now < end; ) {
      this.#now += 250;
      const due = this.#looks.filter(({ at }) => at <= this.#now);
      this.#looks = this.#looks.filter(({ at }) => at > this.#now);
      for (const { look } of due) look();
    }
  }

  /** The ports at which `back` listens in effect, and those at which `front` calls it. */
  ports(): readonly [listens: readonly number[], called: readonly number[]] {
    const [back, front] = [BACK, FRONT].map((key) => this.changes.inEffect(key, this.#written.get(key)) as NodeView);
    return [back?.listeners.map(({ port }) => port) ?? [], calledBy(front)];
  }
}

function calledBy(view: MeshView | undefined): readonly number[] {
  const listeners = view?.targets.flatMap((target) => target.listeners) ?? [];
  return listeners.map(({ port, formerPort = port }) => formerPort);
}

function back(ports: Ports, tls: ListenerView["tls"] = STRICT): NodeView {
  const listeners = ports
    .map((each) => (typeof each === "number" ? ([each, "http"] as const) : each))
    .map(([port, protocol]) => listenerView({ port, protocol, tls }));
  return nodeView({ object: { kind: "VirtualNode", namespace: "shop", name: "back" }, name: "back_shop", listeners });
}
const STRICT = {
  mode: "STRICT",
  certificate: { file: { certificateChain: "/c/a.crt", privateKey: "/c/a.key" } },
} as const satisfies ListenerView["tls"];

/** Calls one port of the node by each route. */
function front(routes: Readonly<Record<string, number>>, target: Partial<TargetView> = {}): NodeView {
  const called = Object.entries(routes).map(([name, port]) => httpRoute(name, [to("back", 1, port)]));
  return calling(routedService("back", { port: 80, protocol: "http", routes: called }), Object.values(routes), target);
}

function calling(service: ServiceView, ports: readonly number[], target: Partial<TargetView> = {}): NodeView {
  const listeners = ports.map((port) => ({ port, tls: STRICT }));
  return nodeView({ services: [service], targets: [targetView("back", { ...target, listeners })] });
}

/** Everybody is at these ports at once. */
function isMade(moves: Moves, listens: readonly number[], called: readonly number[]): void {
  expect(moves.ports()).toEqual([listens, called]);
  moves.wait(6_000);
  expect([moves.changes.size, ...moves.ports()]).toEqual([0, listens, called]);
}

describe("a listener with TLS that moves to another port", () => {
  test.each([
    ["the node", [back([9443]), front({ all: 9443 })]],
    ["its caller", [front({ all: 9443 }), back([9443])]],
  ] as const)("is at both until those who call it have followed, also where %s is looked at first", (_, views) => {
    const moves = new Moves(back([8443]), front({ all: 8443 }));
    expect(moves.write(...views)).toEqual([8443]);
    expect(moves.ports()).toEqual([[8443, 9443], [8443]]);
    moves.wait(2_750);
    expect(moves.ports()).toEqual([[8443, 9443], [9443]]);
    moves.wait(3_000);
    expect([moves.changes.size, ...moves.ports()]).toEqual([0, [9443], [9443]]);
  });

  test("for a moment, and comes back, or goes on, is at all of them until the end", () => {
    for (const last of [8443, 9444]) {
      const moves = new Moves(back([8443]), front({ all: 8443 }));
      moves.write(back([9443]), front({ all: 9443 }));
      moves.wait(2_750);
      moves.write(back([last]), front({ all: last }));
      expect(moves.ports()).toEqual([[...new Set([8443, 9443, last])], [9443]]);
      moves.wait(6_000);
      expect([moves.changes.size, ...moves.ports()]).toEqual([0, [last], [last]]);
    }
  });

  test("is one of several that stay, or each of another protocol", () => {
    const moves = new Moves(back([8443, 8444, [8445, "tcp"]]), front({ one: 8443, other: 8444 }));
    moves.write(back([8444, 9443, [9445, "tcp"]]), front({ one: 9443, other: 8444 }));
    expect(moves.ports()).toEqual([
      [8443, 8444, 8445, 9443, 9445],
      [8443, 8444],
    ]);
    moves.wait(6_000);
    expect(moves.ports()).toEqual([
      [8444, 9443, 9445],
      [9443, 8444],
    ]);
  });
});

test.each([[[9443]], [[8443, 9443]], [undefined]])(
  "a service that is called first in the middle of a move checks the certificate by its policy for ports %j",
  (ports) => {
    const validation = { trust: { file: { certificateChain: "/c/ca.crt" } } };
    const second: ServiceView = {
      ...routedService("second", { port: 80, protocol: "http", routes: [httpRoute("all", [to("back", 1, 9443)])] }),
      clientPolicy: { tls: { enforce: true, ...(ports && { ports }), validation } },
    };
    const moves = new Moves(back([8443]), front({ all: 8443 }));
    const before = front({ all: 9443 });
    const view = { ...before, services: [...before.services, second] };
    expect(moves.write(back([9443]), view)).toEqual([8443]);
    const { targets = [] } = moves.changes.inEffect(FRONT, view) ?? {};
    const ways = targets.flatMap(({ listeners }) => listeners.flatMap(({ connections }) => connections));
    const [way] = ways.filter(({ services }) => services.includes("second.shop.svc.cluster.local"));
    expect(way?.tls?.validation).toMatchObject({ trust: { kind: "file", certificateChain: "/c/ca.crt" } });
  },
);

describe("what is written begins at once where", () => {
  test("no TLS is there before or after", () => {
    const off = { ...STRICT, mode: "DISABLED" } as const;
    const moves = new Moves(back([8080], off), front({ all: 8080 }));
    moves.write(back([9080], off), front({ all: 9080 }));
    isMade(moves, [9080], [9080]);
  });

  test("it cannot be told which listener has moved where", () => {
    const moves = new Moves(back([8443, 8444]), front({ one: 8443, other: 8444 }));
    moves.write(back([9443, 9444]), front({ one: 9443, other: 9444 }));
    isMade(moves, [9443, 9444], [9443, 9444]);
  });

  test("two listeners have each other's ports", () => {
    const moves = new Moves(back([8443, 9443]), front({ one: 8443, other: 9443 }));
    moves.write(back([8443, 9443]), front({ one: 9443, other: 8443 }));
    isMade(moves, [8443, 9443], [9443, 8443]);
  });

  test("each has the next one's port, so that behind the former port is another app", () => {
    const views = [back([9443, 9444]), front({ one: 9443, other: 9444 })];
    for (const written of [views, views.toReversed()]) {
      const moves = new Moves(back([8443, 9443]), front({ one: 8443, other: 9443 }));
      expect(moves.write(...written)).toEqual([9443, 9444]);
      isMade(moves, [9443, 9444], [9443, 9444]);
    }
  });

  test("the node is the service itself, of which several ports are called", () => {
    const own = (ports: readonly number[]): NodeView => {
      const provider = { kind: "node", target: "back_shop", ports } as const;
      return calling({ ...routedService("back"), provider }, ports);
    };
    const moves = new Moves(back([8443, 8444]), own([8443, 8444]));
    moves.write(back([8444, 9443]), own([8444, 9443]));
    isMade(moves, [8444, 9443], [8444, 9443]);
  });

  test("another listener comes to the port where one was, in the middle of its move", () => {
    const moves = new Moves(back([8443]), front({ all: 8443 }));
    moves.write(back([9443]), front({ all: 9443 }));
    moves.wait(1_000);
    moves.write(back([[8443, "tcp"], 9443]));
    isMade(moves, [8443, 9443], [9443]);
  });

  test("the node is found by another name", () => {
    const moves = new Moves(back([8443]), front({ all: 8443 }));
    moves.write(back([9443]), front({ all: 9443 }, { hostname: "green.shop.svc.cluster.local" }));
    isMade(moves, [9443], [9443]);
  });

  test("the Service has the former port no more, for those who call it, and in the middle too", () => {
    const moves = new Moves(back([8443]), front({ all: 8443 }, { servicePorts: [8443, 9443] }));
    moves.write(back([9443]), front({ all: 9443 }, { servicePorts: [8443, 9443] }));
    expect(moves.ports()).toEqual([[8443, 9443], [8443]]);
    moves.wait(1_000);
    moves.write(front({ all: 9443 }, { servicePorts: [9443] }));
    expect(moves.ports()).toEqual([[8443, 9443], [9443]]);
  });
});
