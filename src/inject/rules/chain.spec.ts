import { expect, test } from "vitest";
import { Trace } from "../trace.ts";
import { Chain } from "./chain.ts";

const asked = { text: "42" };

test("a chain holds what it began with and everything that was found", () => {
  const chain = Chain.of<typeof asked>()
    .find("number", ({ text }) => ({ found: Number(text) }))
    .find("double", ({ number }) => ({ found: number * 2 }));
  expect(chain.run(asked, new Trace())).toEqual({ found: { text: "42", number: 42, double: 84 } });
  expect(asked).toEqual({ text: "42" });
});

test("the first rule that ends it wins, and none is asked after it", () => {
  const trace = new Trace();
  const chain = Chain.of<typeof asked>()
    .check(
      (_seen, to) => to.pass("first", "nothing"),
      ({ text }, to) => to.skip("second", "windows", `it is ${text}`),
      (_seen, to) => to.deny("third", "bad-pod", "never"),
    )
    .find("fourth", (_seen, to) => to.deny("fourth", "bad-pod", "never"));
  const ended = { ending: { outcome: "skip", reason: "windows", message: "it is 42" } } as const;
  expect(chain.run(asked, trace)).toEqual(ended);
  expect(trace.decision(ended, undefined).trace.map(({ rule }) => rule)).toEqual(["first", "second"]);
});

test("a rule that should find something may end it", () => {
  const chain = Chain.of<typeof asked>()
    .find("number", (_seen, trace) => trace.deny("number", "bad-pod", "none"))
    .find("next", () => {
      throw new Error("asked");
    });
  expect(chain.run(asked, new Trace())).toMatchObject({ ending: { outcome: "deny", message: "none" } });
});

test("a chain that goes on from another one leaves that as it is", () => {
  const short = Chain.of<typeof asked>().find("length", ({ text }) => ({ found: text.length }));
  short.check((_seen, trace) => trace.deny("longer", "bad-pod", "no"));
  expect(short.run(asked, new Trace())).toEqual({ found: { text: "42", length: 2 } });
});
