import { describe, expect, it } from "vitest";
import { nearestName } from "./nearest.ts";

const KNOWN = ["meshName", "proxy.logLevel", "proxy.image", "log.level", "webhook.tlsCert"];

describe("nearestName", () => {
  it.each([
    ["meshname", "meshName"],
    ["mesh-name", "meshName"],
    ["proxy.loglevl", "proxy.logLevel"],
    ["proxy.imgae", "proxy.image"],
    ["logLevel", "log.level"],
    ["tlsCert", "webhook.tlsCert"],
    ["webhook.certificates.tlsCert", "webhook.tlsCert"],
  ])("takes %s for %s", (unknown, known) => {
    expect(nearestName(unknown, KNOWN)).toBe(known);
  });

  it.each(["colour", "", "x", "proxyproxyproxy", "m".repeat(100_000)])("guesses nothing for %.20s", (unknown) => {
    expect(nearestName(unknown, KNOWN)).toBeUndefined();
  });
});
