import fc from "fast-check";
import { expect, test } from "vitest";
import { getsThrough, PARTS, type Part, WAY_NAMES, WAYS, type WayName } from "../../../test/tls-mesh.ts";
import { type Later, TlsReplicas } from "../../../test/tls-replicas.ts";

/** More with `OUTRIGGER_PROPERTY_SECONDS`. */
const RUNS = 20 * Number(process.env["OUTRIGGER_PROPERTY_SECONDS"] ?? 1);

/**
 * What happens: everything is applied as it is in another way, and replicas hear of it one after the other; proxies of a replica take what they
 * have; what a replica writes is lost for a while, or what it reads is old; one begins again, and its proxies go to the other; time passes.
 */
type Event =
  | { readonly kind: "apply"; readonly way: number; readonly order: readonly Part[]; readonly later: Later }
  | { readonly kind: "acknowledge"; readonly replica: number; readonly proxies: readonly number[] }
  | { readonly kind: "connect"; readonly replica: number; readonly writes: boolean; readonly reads: boolean }
  | { readonly kind: "restart"; readonly replica: number }
  | { readonly kind: "wait"; readonly milliseconds: number };

const replica = fc.nat(1);
const event: fc.Arbitrary<Event> = fc.oneof(
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant("apply" as const),
      way: fc.nat(2),
      order: fc.shuffledSubarray([...PARTS], { minLength: PARTS.length }),
      // less than what belongs together is gathered for
      later: fc.record({ parts: fc.subarray([...PARTS]), milliseconds: fc.constantFrom(0, 0, 125, 1_000, 1_500) }),
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      kind: fc.constant("acknowledge" as const),
      replica,
      proxies: fc.oneof(
        fc.constant([0, 1, 2, 3]),
        fc.nat(3).map((proxy) => [proxy]),
      ),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant("connect" as const),
      replica,
      writes: fc.boolean(),
      reads: fc.boolean(),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ kind: fc.constant("restart" as const), replica }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      kind: fc.constant("wait" as const),
      milliseconds: fc.oneof(fc.nat(1_500), fc.constant(1_250), fc.constant(4_000)),
    }),
  },
);

function isPlain(way: WayName): boolean {
  const { listener } = WAYS[way];
  return listener === undefined || listener["mode"] === "DISABLED";
}

function portOf(way: WayName): number | undefined {
  const found = WAYS[way];
  return "port" in found ? found.port : undefined;
}

function isOneLater({ parts, milliseconds }: Later): boolean {
  return parts.length > 0 && milliseconds > 0;
}

/** Few, so that a change comes again of which something was said before. */
const ways = fc
  .tuple(fc.constantFrom(...WAY_NAMES), fc.constantFrom(...WAY_NAMES))
  .chain(([one, other]) => fc.constantFrom<readonly [WayName, ...WayName[]]>([one, other], [one, other, "strict"]));

test("whoever is late, and whatever is lost or old of what replicas say, all who call and all who are called understand each other, and it ends in what is written", () => {
  fc.assert(
    fc.property(ways, fc.array(event, { maxLength: 24 }), (among, events) => {
      const [first] = among;
      const all = new TlsReplicas(first, 2);
      let last: WayName = first;
      let isLater = false;
      let begun: number | undefined;
      const holds = (): void => {
        const servers = all.meshes.flatMap((mesh) => mesh.servers());
        const calls = all.meshes.flatMap((mesh) => mesh.calls());
        const wrong = servers.flatMap((server) =>
          calls.filter((call) => !getsThrough(call, server)).map((refused) => ({ refused, server })),
        );
        expect(wrong).toEqual([]);
      };
      const wait = (milliseconds: number): void => {
        for (let left = milliseconds; left > 0; left -= 1_000) {
          // who is late for longer is not waited for
          for (const mesh of all.meshes) if (mesh.lateFor > 3_000) mesh.acknowledgeAll();
          all.wait(Math.min(left, 1_000), holds);
        }
      };
      for (const each of events) {
        switch (each.kind) {
          case "apply": {
            // two that hear of a second change at different times, in the middle of the first, are not held apart
            while (all.isChanging && (isLater || isOneLater(each.later))) wait(1_000);
            isLater = isOneLater(each.later);
            const former = last;
            last = among[each.way % among.length] ?? first;
            // plain text that moves is no change in steps: who is late is not waited for, and may be where TLS was, or is next
            const isMoved = isPlain(former) && isPlain(last) && portOf(former) !== portOf(last);
            if (isMoved) all.acknowledgeAll();
            all.apply(each.order, last, each.later);
            if (isMoved) {
              wait(each.later.milliseconds);
              all.acknowledgeAll();
            }
            break;
          }
          case "acknowledge":
            for (const proxy of each.proxies) all.meshes[each.replica]?.acknowledge(proxy);
            break;
          case "connect":
            all.connect(each.replica, each);
            break;
          case "restart":
            // the one that begins has nothing to go by, so that nobody may come to it in the middle of a change
            if (all.isChanging && begun !== undefined && begun !== each.replica) break;
            begun = each.replica;
            all.restart(each.replica, last, 1 - each.replica);
            break;
          case "wait":
            wait(each.milliseconds);
            break;
        }
        holds();
      }
      for (let round = 0; round < 80; round++) {
        all.acknowledgeAll();
        wait(500);
      }
      for (const mesh of all.meshes) {
        const fresh = new TlsReplicas(last, 1).meshes[0];
        expect([mesh.changes.size, mesh.listener()]).toEqual([0, fresh?.listener()]);
      }
    }),
    { numRuns: RUNS },
  );
});
