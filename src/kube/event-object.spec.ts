import fc from "fast-check";
import { expect, test } from "vitest";
import { type EventText, eventMessage, eventName, eventObject } from "./event-object.ts";

function about(name: string, uid = "1", reason = "SlippedThrough"): EventText {
  const subject = { apiVersion: "apps/v1", kind: "Deployment", namespace: "shop", name, uid };
  return { subject, type: "Warning", reason, action: "Report", message: "" };
}

test("subject, reason and component make the name; the same ones make the same", () => {
  const names = [
    eventName(about("web"), "a"),
    eventName(about("web", "2"), "a"),
    eventName(about("web", "1", "SidecarSkipped"), "a"),
    eventName(about("web"), "b"),
  ];
  expect(new Set(names).size).toBe(4);
  expect(eventName(about("web"), "a")).toBe(names[0]);
  expect(names[0]).toMatch(/^web\.[0-9a-f]{16}$/);
});

test("an event about an object without a namespace is one of the namespace default", () => {
  const event = about("main");
  const cluster = { ...event, subject: { ...event.subject, kind: "Mesh", namespace: "" } };
  const { metadata, involvedObject } = eventObject(cluster, { component: "a", instance: "b" }, 1, new Date(0));
  expect(metadata).toMatchObject({ namespace: "default" });
  expect(involvedObject).toMatchObject({ kind: "Mesh", namespace: "" });
});

test("every name is one that the API accepts", () => {
  const long = `${"a".repeat(229)}.-b`;
  expect(eventName(about(long), "a")).toMatch(/^a{229}\.[0-9a-f]{16}$/);
  expect(eventName(about("system:odd"), "a")).toMatch(/^outrigger\.[0-9a-f]{16}$/);
  fc.assert(
    fc.property(fc.stringMatching(/^[a-zA-Z0-9.:-]{0,260}$/), (name) => {
      for (const label of eventName(about(name), "a").split("."))
        expect(label).toMatch(/^[a-z0-9]([a-z0-9-]*[a-z0-9])?$/);
      expect(eventName(about(name), "a").length).toBeLessThanOrEqual(253);
    }),
  );
});

test("a message is one line of at most 1,024 bytes, cut at a character", () => {
  expect(eventMessage("a\nb\u0000c")).toBe("a b c");
  // not fc's own strings of all characters, for which it first makes a table that takes seconds
  const character = fc.integer({ min: 0, max: 0x10_ff_ff });
  fc.assert(
    fc.property(fc.array(character, { maxLength: 1_500, size: "max" }), (characters) => {
      const text = String.fromCodePoint(...characters);
      const message = eventMessage(text);
      expect(Buffer.byteLength(message)).toBeLessThanOrEqual(1_024);
      expect(message.isWellFormed()).toBe(true);
      expect(message).not.toMatch(/\p{Cc}/u);
    }),
  );
  expect(eventMessage("ü".repeat(600))).toBe(`${"ü".repeat(510)}…`);
});
