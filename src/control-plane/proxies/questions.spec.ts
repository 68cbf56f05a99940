import { beforeEach, expect, test } from "vitest";
import { CONTROL_PLANE_LIMITS } from "../limits.ts";
import { Questions } from "./questions.ts";

const { askingPeers, peerQuestionBurst, questionBurst } = CONTROL_PLANE_LIMITS;

let time: number;
let questions: Questions;
beforeEach(() => {
  time = 0;
  questions = new Questions(() => time);
});

/** How many of so many questions are allowed. */
function allowed(peer: string, count: number): number {
  return Array.from({ length: count }, () => questions.may(peer)).filter(Boolean).length;
}

test("an address has its share, and leaves the others theirs", () => {
  expect(allowed("stranger", 1_000)).toBe(peerQuestionBurst);
  expect(allowed("proxy", 1)).toBe(1);
});

test("all together have their bound, and room again after a while", () => {
  const addresses = Array.from({ length: questionBurst + 50 }, (_, index) => `address-${index}`);
  expect(addresses.filter((address) => questions.may(address))).toHaveLength(questionBurst);
  expect(questions.may("proxy")).toBe(false);
  time = 1_000;
  expect(questions.may("proxy")).toBe(true);
});

test("so many addresses are remembered, those that asked last", () => {
  allowed("stranger", peerQuestionBurst);
  time = 100_000;
  // the stranger has its share again by then, so that only forgetting is left to be told from it
  allowed("stranger", peerQuestionBurst);
  for (let index = 0; index < askingPeers - 1; index++) questions.may(`address-${index}`);
  expect(questions.may("stranger")).toBe(false);
  for (let index = 0; index < askingPeers; index++) questions.may(`address-${index}`);
  time += 100;
  expect(questions.may("stranger")).toBe(true);
});
