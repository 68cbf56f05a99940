import { describe, expect, it } from "vitest";
import { FORMER_FLAGS, FORMER_VARIABLES } from "./former/names.ts";
import { configuration } from "./schema.ts";
import { SECTIONS, SETTINGS } from "./sources.ts";

const setting = (path: string) => SETTINGS.find((candidate) => candidate.path === path);

describe("the table of settings", () => {
  it("derives names by rule and keeps the friendly flags", () => {
    expect(setting("proxy.logLevel")).toMatchObject({
      section: "proxy",
      variable: "OUTRIGGER_PROXY_LOG_LEVEL",
      flag: "proxy-log-level",
    });
    expect(setting("meshName")).toMatchObject({
      section: "general",
      variable: "OUTRIGGER_MESH_NAME",
      flag: "mesh-name",
    });
    expect(setting("webhook.tlsCert")).toMatchObject({ flag: "tls-cert", flagByRule: "webhook-tls-cert" });
    expect(setting("proxy.adminIpv6")).toMatchObject({ flag: "proxy-admin-ipv6" });
  });

  it("has every value of a configuration, and each section", () => {
    const whole = leavesOf(configuration());
    expect(SETTINGS.map(({ path }) => path).toSorted()).toEqual(whole.toSorted());
    expect(new Set(SETTINGS.map(({ section }) => section))).toEqual(new Set(SECTIONS));
  });

  it("gives no flag and no variable two meanings, old names included", () => {
    const flags = [
      ...SETTINGS.flatMap(({ flag, flagByRule }) => [...new Set([flag, flagByRule])]),
      ...FORMER_FLAGS.keys(),
    ];
    const variables = [...SETTINGS.map(({ variable }) => variable), ...FORMER_VARIABLES.keys()];
    expect(duplicates(flags)).toEqual([]);
    expect(duplicates(variables)).toEqual([]);
  });

  it("takes no variable that Kubernetes makes for a Service named outrigger", () => {
    const made = /^OUTRIGGER_(SERVICE_HOST|SERVICE_PORT.*|PORT|PORT_\d+.*)$/;
    expect(SETTINGS.filter(({ variable }) => made.test(variable))).toEqual([]);
  });
});

/** Dotted paths of all that is no group. */
function leavesOf(value: object, prefix = ""): string[] {
  return Object.entries(value).flatMap(([key, member]: [string, unknown]) => {
    const isGroup = typeof member === "object" && member !== null && !Array.isArray(member);
    return isGroup ? leavesOf(member, `${prefix}${key}.`) : [`${prefix}${key}`];
  });
}

function duplicates(names: readonly string[]): string[] {
  return names.filter((name, index) => names.indexOf(name) !== index);
}
