import { expect, test } from "vitest";
import { encodedCluster } from "../../../test/encoded-cluster.ts";
import { Exchange, type Sent } from "./exchange.ts";

function sent(sequence: number, names: readonly string[], removed: readonly string[] = []): Sent {
  const resources = new Map(names.map((name) => [name, encodedCluster(name, sequence)]));
  return { sequence, at: sequence, version: `v${sequence}`, resources, removed: new Set(removed) };
}

test("each answer in turn ends the wait for one response", () => {
  const exchange = new Exchange();
  exchange.sent(sent(1, ["a"]));
  exchange.sent(sent(2, ["b"]));
  expect(exchange.receive("1", undefined)).toMatchObject({ kind: "accepted", response: { version: "v1" } });
  expect(exchange.receive("2", "no\nthanks")).toMatchObject({
    kind: "rejected",
    receipt: { kind: "nack", message: "no thanks" },
    response: { version: "v2" },
  });
  expect(exchange.waiting).toEqual([]);
});

test("the answer to the last of several speaks for all of them, with the newest of each", () => {
  const exchange = new Exchange();
  exchange.sent(sent(1, ["a", "b", "c"]));
  exchange.sent(sent(2, ["b"], ["c"]));
  const answer = exchange.receive("2", undefined);
  if (answer.kind === "neither") throw new Error("nothing was answered");
  const { removed, resources } = answer.response;
  expect([...resources.values()]).toEqual([encodedCluster("a", 1), encodedCluster("b", 2)]);
  expect([...removed]).toEqual(["c"]);
});

test("a nonce that nobody waits for answers nothing: stale, unless it is that of the newest response", () => {
  const exchange = new Exchange();
  expect(exchange.receive("77", undefined).receipt).toEqual({ kind: "subscribe" });
  exchange.sent(sent(1, ["a"]));
  expect(exchange.receive("0", undefined).receipt).toEqual({ kind: "stale" });
  expect(exchange.receive("", undefined).receipt).toEqual({ kind: "subscribe" });
  expect(exchange.receive("1", undefined).receipt).toEqual({ kind: "ack" });
  expect(exchange.receive("1", undefined).receipt).toEqual({ kind: "subscribe" });
});

test("however many are never answered, what is remembered is bounded, and nothing of it is lost", () => {
  const exchange = new Exchange();
  for (let sequence = 1; sequence <= 100; sequence++) exchange.sent(sent(sequence, [`n${sequence}`]));
  expect(exchange.waiting.length).toBeLessThanOrEqual(16);
  const answer = exchange.receive("100", undefined);
  expect(answer.kind === "accepted" && answer.response.resources.size).toBe(100);
});
