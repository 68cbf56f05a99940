import { describe, expect, test } from "vitest";
import { limitsText, statusText, unansweredText } from "./explanation-words.ts";

const NONE = { connections: null, waiting: null, requests: null };

test.each([
  [
    "http",
    { ...NONE, connections: 10, waiting: 1 },
    "at most 10 connections, 1 request waiting at a time; what is more gets 503",
  ],
  ["http", { ...NONE, connections: 10 }, "at most 10 connections at a time; what is more waits"],
  ["http2", { ...NONE, requests: 5 }, "at most 5 requests at a time; what is more gets 503"],
  ["grpc", { ...NONE, requests: 5 }, "at most 5 requests at a time; what is more gets 503 (14 UNAVAILABLE of gRPC)"],
  ["tcp", { ...NONE, connections: 1 }, "at most 1 connection at a time; what is more is closed"],
] as const)("limits of a listener of %s: %o", (protocol, limits, text) => {
  expect(limitsText(limits, protocol)).toBe(text);
});

test("a status is that of gRPC too for who calls so", () => {
  expect(statusText(404, null)).toBe("404");
  expect(statusText(404, 12)).toBe("404 (12 UNIMPLEMENTED of gRPC)");
});

describe("an app that never answers", () => {
  test.each([
    ["request", { after: 400, tries: 1 }, "that never answers: 504 after 400 ms"],
    ["request", { after: 6000, tries: 4 }, "that never answers: 504 after 6 s, in 4 tries"],
    ["call of gRPC", { after: 6000, tries: 1 }, "that never answers: 504 (14 UNAVAILABLE of gRPC) after 6 s"],
    ["request", { after: 0, tries: 1 }, "that never answers is waited for without end"],
    ["connection", { after: 300_000, tries: 1 }, "that is silent is closed after 300 s"],
    ["connection", { after: 0, tries: 1 }, "that is silent is never closed for it"],
  ] as const)("%s %o", (what, unanswered, text) => {
    expect(unansweredText(unanswered, what)).toBe(text);
  });
});
