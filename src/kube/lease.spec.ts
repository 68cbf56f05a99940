import { expect, test } from "vitest";
import { heldLease, leaseRecord } from "./lease.ts";

const PLACE = { namespace: "appmesh-system", name: "outrigger-control-plane" };
const NOW = new Date("2026-11-22T10:00:00.123Z");
const LATER = new Date("2026-11-22T10:00:02.000Z");

test("the first Lease names its holder, for whole seconds, with six digits after the point", () => {
  expect(heldLease(undefined, PLACE, { holder: "a", duration: 15_000, now: NOW })).toEqual({
    apiVersion: "coordination.k8s.io/v1",
    kind: "Lease",
    metadata: PLACE,
    spec: {
      holderIdentity: "a",
      leaseDurationSeconds: 15,
      renewTime: "2026-11-22T10:00:00.123000Z",
      acquireTime: "2026-11-22T10:00:00.123000Z",
      leaseTransitions: 0,
    },
  });
});

test("a renewal changes the time of renewal and nothing else", () => {
  const first = heldLease(undefined, PLACE, { holder: "a", duration: 15_000, now: NOW });
  const renewed = heldLease(first, PLACE, { holder: "a", duration: 15_000, now: LATER });
  expect(leaseRecord(renewed)).toEqual({ ...leaseRecord(first), renewed: "2026-11-22T10:00:02.000000Z" });
});

test("another holder counts as a transition, giving back does not", () => {
  const first = heldLease(undefined, PLACE, { holder: "a", duration: 15_000, now: NOW });
  const given = heldLease(first, PLACE, { holder: "", duration: 0, now: LATER });
  expect(leaseRecord(given)).toMatchObject({ holder: "", duration: 1_000, transitions: 0 });
  const taken = heldLease(given, PLACE, { holder: "b", duration: 15_000, now: LATER });
  expect(leaseRecord(taken)).toMatchObject({ holder: "b", transitions: 1, acquired: "2026-11-22T10:00:02.000000Z" });
});

test("what others wrote into the Lease stays", () => {
  const read = { metadata: { ...PLACE, resourceVersion: "7", annotations: { a: "b" } }, spec: { strategy: "x" } };
  const lease = heldLease(read, PLACE, { holder: "a", duration: 1, now: NOW });
  expect(lease["metadata"]).toEqual(read.metadata);
  expect(lease["spec"]).toMatchObject({ strategy: "x", leaseDurationSeconds: 1 });
});

test("a malformed Lease is held by nobody", () => {
  const record = leaseRecord({ spec: { holderIdentity: 5, leaseDurationSeconds: "x" } });
  expect(record).toEqual({ holder: "", duration: 0, renewed: "", acquired: "", transitions: 0 });
});
