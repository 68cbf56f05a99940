import fc from "fast-check";
import { expect, test } from "vitest";
import {
  type Called,
  type Caller,
  getsThrough,
  PARTS,
  type Part,
  SERVICES,
  TlsMesh,
  understand,
  WAY_NAMES,
  WAYS,
  type WayName,
} from "../../../test/tls-mesh.ts";
import { serverTls } from "../../graph/tls.ts";
import type { ClientTlsView } from "../../graph/tls-view.ts";

/** More with `OUTRIGGER_PROPERTY_SECONDS`. */
const RUNS = 60 * Number(process.env["OUTRIGGER_PROPERTY_SECONDS"] ?? 1);

/**
 * What happens: everything is applied as it is in another way, its objects in some order, one by one or together; somebody calls the node by other services; proxies
 * take what they have; time passes.
 */
type Event =
  | { readonly kind: "apply"; readonly way: WayName; readonly order: readonly Part[]; readonly isTogether: boolean }
  | { readonly kind: "call"; readonly caller: Caller; readonly called: Called }
  | { readonly kind: "acknowledge"; readonly proxies: readonly number[] }
  | { readonly kind: "wait"; readonly milliseconds: number };

/** Of two proxies of the node, and two of each that call it. */
const [SERVERS, CALLERS] = [
  [0, 1],
  [2, 3, 4, 5, 6, 7],
];
const event: fc.Arbitrary<Event> = fc.oneof(
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant("apply" as const),
      way: fc.constantFrom(...WAY_NAMES),
      order: fc.shuffledSubarray([...PARTS], { minLength: PARTS.length }),
      isTogether: fc.boolean(),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant("call" as const),
      caller: fc.constantFrom<Caller>("front", "other", "door"),
      called: fc.subarray([...SERVICES]),
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      kind: fc.constant("acknowledge" as const),
      proxies: fc.oneof(
        fc.constantFrom(SERVERS, CALLERS, [...SERVERS, ...CALLERS]),
        fc.nat(7).map((proxy) => [proxy]),
      ),
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      kind: fc.constant("wait" as const),
      milliseconds: fc.oneof(fc.nat(1_500), fc.constant(1_250)),
    }),
  },
);
const begins = fc.constantFrom(...WAY_NAMES);

/** Nobody who calls: with none, one, or the other certificate, and without TLS. */
const STRANGERS: readonly (ClientTlsView | undefined)[] = [
  undefined,
  ...[undefined, "a", "b"].map((name) => ({
    certificate: name === undefined ? undefined : shown(name),
    validation: undefined,
    serverName: undefined,
  })),
];

function shown(name: string) {
  return { kind: "file", certificateChain: `/c/${name}.crt`, privateKey: `/c/${name}.key` } as const;
}

test("whatever changes, and whoever is late, all who call and all who are called understand each other, and it ends in what is written", () => {
  fc.assert(
    fc.property(begins, fc.array(event, { maxLength: 24 }), (first, events) => {
      const mesh = new TlsMesh(first);
      let last: WayName = first;
      /** Ways that were written since all had the same. */
      let written: WayName[] = [first];
      const holds = (): void => {
        // a change that takes longer than it may ends in what is written, whoever is not through
        if (mesh.late > 0) return;
        const strangers = STRANGERS.filter(
          (stranger) => !written.some((way) => understand(stranger, { tls: listenerOf(way), namedTls: [] })),
        );
        const wrong = mesh.servers().flatMap((server) => [
          ...mesh
            .calls()
            .filter((call) => !getsThrough(call, server))
            .map((refused) => ({ refused, server })),
          ...server.flatMap((listener) => {
            const names = [undefined, ...listener.namedTls.map(({ serverName }) => serverName)];
            const asking = strangers.flatMap((stranger) =>
              names.map((name) => stranger && { ...stranger, serverName: name }),
            );
            return asking.filter((call) => understand(call, listener)).map((taken) => ({ taken, listener }));
          }),
        ]);
        expect(wrong).toEqual([]);
      };
      for (const each of events) {
        switch (each.kind) {
          case "apply":
            if (each.isTogether) mesh.applyTogether(each.order, each.way);
            else for (const name of each.order) mesh.apply(name, each.way);
            // plain text that moves is no change in steps: who is late is not waited for, and may be where TLS is next
            if (mesh.changes.size === 0 && serverTls(mesh.listener()?.tls) === undefined) mesh.acknowledgeAll();
            last = each.way;
            written.push(last);
            break;
          case "call":
            mesh.call(each.caller, each.called);
            break;
          case "acknowledge":
            for (const proxy of each.proxies) mesh.acknowledge(proxy);
            break;
          case "wait":
            // who is late for longer is not waited for
            if (mesh.lateFor + each.milliseconds > 4_000) mesh.acknowledgeAll();
            mesh.wait(each.milliseconds);
            break;
        }
        holds();
        if (mesh.changes.size === 0) written = [last, ...(isTakenByAll(mesh, last) ? [] : written)];
      }
      for (let round = 0; round < 40; round++) {
        mesh.acknowledgeAll();
        mesh.wait(500);
        holds();
      }
      expect(mesh.changes.size).toBe(0);
      expect(mesh.listener()?.tls).toEqual(listenerOf(last));
      expect(mesh.listener()?.namedTls).toEqual([]);
      for (const server of mesh.servers()) expect(server).toHaveLength(1);
      const fresh = new TlsMesh(last);
      for (const [caller, called] of mesh.called) if (caller !== "back") fresh.call(caller, called);
      fresh.acknowledgeAll();
      expect(mesh.calls()).toEqual(fresh.calls());
    }),
    { numRuns: RUNS },
  );
});

function isTakenByAll(mesh: TlsMesh, way: WayName): boolean {
  return mesh
    .servers()
    .flat()
    .every(({ tls }) => JSON.stringify(serverTls(tls)) === JSON.stringify(serverTls(listenerOf(way))));
}

function listenerOf(way: WayName) {
  return WAYS[way].listener as unknown as Parameters<typeof serverTls>[0];
}
