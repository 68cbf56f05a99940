import { describe, expect, test } from "vitest";
import { activated, advance, withDelivery, withNext } from "./advance.ts";
import { type AuthorityState, bundleOf, firstState, type NewRoot } from "./authority-state.ts";
import { MOST_ROOTS } from "./policy.ts";

const HOUR = 3_600_000;
const POLICY = { rootLifetime: 1_000 * HOUR, leafLifetime: 10 * HOUR, settle: HOUR };

const at = (hours: number): Date => new Date(Date.UTC(2026, 0, 1) + hours * HOUR);
const root = (id: string, made: number): NewRoot => ({
  id,
  certificate: `${id}\n`,
  key: `key of ${id}`,
  notAfter: at(made + 1_000),
});

const FIRST = firstState(root("first", 0), at(0));
const WAITING = withNext(FIRST, root("second", 5), at(5));
const DELIVERED = withDelivery(WAITING, at(6));

const ids = ({ active, next, previous }: AuthorityState) => [active.id, next?.id, previous.map(({ id }) => id)];

describe("an authority", () => {
  test("at peace stays the very same object, and is looked at again when its root is to be renewed", () => {
    const { state, wants, again } = advance(FIRST, at(799), POLICY);
    expect(state).toBe(FIRST);
    expect(wants).toBe("nothing");
    expect(again).toEqual(at(800));
  });

  test("wants a successor after four fifths of its root's life", () => {
    expect(advance(FIRST, at(800), POLICY).wants).toBe("next-root");
    expect(advance(withNext(FIRST, root("second", 800), at(800)), at(801), POLICY).wants).toBe("nothing");
  });

  test("wants none while it trusts too many roots already", () => {
    const previous = Array.from({ length: MOST_ROOTS }, (_, index) => ({
      id: `old ${index}`,
      certificate: "",
      notAfter: at(900),
      since: at(0),
      until: at(900),
    }));
    const { wants, again } = advance({ ...FIRST, previous }, at(850), POLICY);
    expect(wants).toBe("nothing");
    expect(again).toEqual(at(900));
  });

  test("publishes all of its roots, the signing one first", () => {
    const moved = activated(DELIVERED, at(7), POLICY);
    expect(bundleOf(WAITING)).toBe("first\nsecond\n");
    expect(bundleOf(moved)).toBe("second\nfirst\n");
  });
});

describe("a successor", () => {
  test("does not sign before it was delivered, however long that takes", () => {
    expect(ids(advance(WAITING, at(900), POLICY).state)).toEqual(["first", "second", []]);
  });

  test("does not sign before everybody has had it for a while", () => {
    expect(ids(advance(DELIVERED, at(6.99), POLICY).state)).toEqual(["first", "second", []]);
    expect(advance(DELIVERED, at(6.5), POLICY).again).toEqual(at(7));
  });

  test("then signs, and the one before loses its key and stays until its last leaf has ended", () => {
    const { state, again } = advance(DELIVERED, at(7), POLICY);
    expect(ids(state)).toEqual(["second", undefined, ["first"]]);
    expect(state.active.since).toEqual(at(7));
    expect(state.previous[0]).not.toHaveProperty("key");
    expect(state.previous[0]?.until).toEqual(at(7 + 1 + 10));
    expect(again).toEqual(at(18));
    expect(ids(advance(state, at(17.9), POLICY).state)).toEqual(["second", undefined, ["first"]]);
    expect(ids(advance(state, at(18), POLICY).state)).toEqual(["second", undefined, []]);
  });

  test("that nobody delivered signs before the active root ends", () => {
    expect(ids(advance(WAITING, at(998.9), POLICY).state)).toEqual(["first", "second", []]);
    expect(ids(advance(WAITING, at(999), POLICY).state)).toEqual(["second", undefined, ["first"]]);
  });

  test("keeps the first instant of its delivery", () => {
    expect(withDelivery(DELIVERED, at(50))).toBe(DELIVERED);
  });

  test("is one at a time", () => {
    expect(() => withNext(WAITING, root("third", 6), at(6))).toThrow("second is already waiting");
  });
});

test("without a successor there is nothing to deliver and nothing to activate", () => {
  expect(withDelivery(FIRST, at(1))).toBe(FIRST);
  expect(activated(FIRST, at(1), POLICY)).toBe(FIRST);
});
