import fc from "fast-check";
import { expect, test } from "vitest";
import { compareTexts } from "../model/compare-texts.ts";
import type { NamedPort, ServicePort, ServiceSummary, SliceSummary } from "../model/services.ts";
import { Registry, type RegistryChange } from "./registry.ts";

const NAMESPACES = ["shop", "bank"];
const SERVICES = ["db", "web"];
const NUMBERS = [80, 81];

const namespace = fc.constantFrom(...NAMESPACES);
const ports: fc.Arbitrary<readonly NamedPort[]> = fc.uniqueArray(
  fc.record({ name: fc.constantFrom("", "http"), port: fc.constantFrom(...NUMBERS) }),
  { selector: ({ name }) => name, maxLength: 2 },
);
const service: fc.Arbitrary<ServiceSummary> = fc.oneof(
  ports.map((all) => ({ kind: "headless", ports: all }) as const),
  fc
    .tuple(fc.subarray(["10.96.0.1", "fd00::1"]), ports)
    .map(([addresses, all]) => ({ kind: "ownAddresses", addresses, ports: all }) as const),
  fc.constant({ kind: "alias" } as const),
);
const endpoint = fc.record({
  addresses: fc.subarray(["10.1.0.1", "10.1.0.2", "10.1.0.3"]),
  host: fc.constantFrom(undefined, "db-0", "db-1"),
  health: fc.constantFrom("healthy", "leaving", "unready"),
  zone: fc.constantFrom(undefined, "a", "b"),
});
const slice: fc.Arbitrary<SliceSummary> = fc.record({
  service: fc.constantFrom("", ...SERVICES),
  family: fc.constantFrom("IPv4", "IPv6"),
  ports,
  endpoints: fc.array(endpoint, { maxLength: 3 }),
});
const change: fc.Arbitrary<RegistryChange> = fc.oneof(
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant("service" as const),
      namespace,
      name: fc.constantFrom(...SERVICES),
      after: fc.option(service, { nil: undefined }),
    }),
  },
  {
    weight: 5,
    arbitrary: fc.record({
      kind: fc.constant("endpointSlice" as const),
      namespace,
      name: fc.constantFrom("one", "two", "three", "four"),
      after: fc.option(slice, { nil: undefined, freq: 4 }),
    }),
  },
);

const PORTS: readonly ServicePort[] = NAMESPACES.flatMap((where) =>
  SERVICES.flatMap((name) => NUMBERS.map((port) => ({ namespace: where, service: name, port }))),
);

/** Everything that a registry answers, as text by what is asked. */
function answers(registry: Registry): ReadonlyMap<string, string> {
  const services = registry.services().map(({ namespace: where, name, after }) => {
    return [
      `${where}/${name}`,
      JSON.stringify({ ...after, endpoints: [...(after?.endpoints ?? [])].toSorted(([a], [b]) => compareTexts(a, b)) }),
    ] as const;
  });
  return new Map([
    ...services,
    ...PORTS.map((of) => [JSON.stringify(of), JSON.stringify(registry.members(of))] as const),
  ]);
}

/** The registry that what is left of the changes gives from nothing, in another order. */
function fromNothing(changes: readonly RegistryChange[]): Registry {
  const last = new Map(changes.map((one) => [`${one.kind} ${one.namespace}/${one.name}`, one]));
  const registry = new Registry();
  registry.apply([...last.values()].filter(({ after }) => after !== undefined).toReversed());
  return registry;
}

const RUNS = 25 * Number(process.env["OUTRIGGER_PROPERTY_SECONDS"] ?? 1);

test("any changes give what the same Services and slices give from nothing, and each says exactly what differs by it", () => {
  fc.assert(
    fc.property(
      fc.array(fc.array(change, { minLength: 1, maxLength: 3 }), { minLength: 50, maxLength: 150 }),
      (steps) => {
        const registry = new Registry();
        let before = answers(registry);
        for (const [index, step] of steps.entries()) {
          const { services, members } = registry.apply(step);
          const dirty = [
            ...services.map(({ namespace: where, name }) => `${where}/${name}`),
            ...members.map((of) => JSON.stringify(of)),
          ];
          const now = answers(registry);
          const differs = [...new Set([...before.keys(), ...now.keys()])].filter(
            (key) => before.get(key) !== now.get(key),
          );
          expect(dirty.toSorted()).toEqual(differs.toSorted());
          if (index % 10 === 0) expect(answers(fromNothing(steps.slice(0, index + 1).flat()))).toEqual(now);
          before = now;
        }
      },
    ),
    { numRuns: RUNS, endOnFailure: true },
  );
}, 120_000);
