import { compareQuantities, parseQuantity } from "../model/quantity.ts";
import type { SettingProblem } from "./configuration-error.ts";
import type { Origin } from "./origin.ts";
import { printable } from "./printable.ts";
import type { Configuration } from "./schema.ts";
import { textOf, valueAt } from "./setting-type.ts";
import type { SettingPath } from "./sources.ts";

/** A rule about more than one setting. */
interface Rule {
  readonly paths: readonly [SettingPath, SettingPath];
  holds(configuration: Configuration): boolean;
  readonly expected: string;
}

/** Ports that the sidecar itself listens on (`model/names.ts`). */
const TAKEN_PORTS = [15000, 15001, 15020];

const RULES: readonly Rule[] = [
  {
    paths: ["proxy.requests.cpu", "proxy.limits.cpu"],
    holds: ({ proxy }) => fits(proxy.requests.cpu, proxy.limits.cpu),
    expected: "a request that is not above the limit",
  },
  {
    paths: ["proxy.requests.memory", "proxy.limits.memory"],
    holds: ({ proxy }) => fits(proxy.requests.memory, proxy.limits.memory),
    expected: "a request that is not above the limit",
  },
  {
    paths: ["webhook.tlsCert", "webhook.tlsKey"],
    holds: ({ webhook }) => (webhook.tlsCert === "") === (webhook.tlsKey === ""),
    expected: "certificate and key, both or neither",
  },
  {
    paths: ["webhook.certificate", "webhook.tlsCert"],
    holds: ({ webhook }) => webhook.certificate !== "files" || webhook.tlsCert !== "",
    expected: "the file of the certificate",
  },
  {
    paths: ["webhook.certificate", "webhook.tlsCert"],
    holds: ({ webhook }) => webhook.tlsCert === "" || ["auto", "files"].includes(webhook.certificate),
    expected: "certificate files only where they are used (files or auto)",
  },
  {
    paths: ["webhook.certificate", "webhook.offline"],
    holds: ({ webhook }) => webhook.certificate !== "cluster" || !webhook.offline,
    expected: "a cluster, for the authority that replicas share is kept there",
  },
  {
    paths: ["proxy.adminPort", "proxy.adminPort"],
    holds: ({ proxy }) => !TAKEN_PORTS.includes(proxy.adminPort),
    expected: `another port than ${TAKEN_PORTS.join(", ")}, which the sidecar listens on`,
  },
  {
    paths: ["webhook.listen", "webhook.metricsListen"],
    holds: ({ webhook }) => webhook.listen !== webhook.metricsListen || webhook.listen.endsWith(":0"),
    expected: "two addresses",
  },
];

/** What is wrong among settings that are fine one by one; rules about unreadable settings are left out. */
export function inconsistencies(
  configuration: Configuration,
  origins: ReadonlyMap<SettingPath, Origin>,
  unreadable: ReadonlySet<string>,
): SettingProblem[] {
  return RULES.filter(({ paths }) => !paths.some((path) => unreadable.has(path)))
    .filter((rule) => !rule.holds(configuration))
    .map(({ paths, expected }) => {
      const given = paths.filter((path) => origins.get(path)?.source !== "default");
      const setting = given.at(-1) ?? paths[0];
      const found = [...new Set(paths)].map((path) => `${path} ${printable(textOf(valueAt(configuration, path)))}`);
      return { setting, origin: origins.get(setting) ?? { source: "default" }, found: found.join(" and "), expected };
    });
}

function fits(request: string, limit: string): boolean {
  return request === "" || limit === "" || compareQuantities(parseQuantity(request), parseQuantity(limit)) <= 0;
}
