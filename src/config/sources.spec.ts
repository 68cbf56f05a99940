import { describe, expect, it } from "vitest";
import { FORMER_FLAGS, FORMER_VARIABLES } from "./former/names.ts";
import { SETTING_TYPES } from "./setting-type.ts";
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

  it("has a type from the schema and a known section for each", () => {
    expect(SETTINGS.map(({ path }) => path)).toEqual([...SETTING_TYPES.keys()]);
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

function duplicates(names: readonly string[]): string[] {
  return names.filter((name, index) => names.indexOf(name) !== index);
}
