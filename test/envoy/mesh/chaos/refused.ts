import type { JsonObject } from "../../../../src/model/json.ts";

const PATH = "/refused";

/** A health check that nobody else has. */
export const REFUSED_CHECK: JsonObject = {
  healthCheck: {
    protocol: "http",
    path: PATH,
    intervalMillis: 5_000,
    timeoutMillis: 2_000,
    healthyThreshold: 2,
    unhealthyThreshold: 2,
  },
};

/** Nothing that objects say is known to make a cluster that Envoy refuses: so those with such a check are broken on their way. */
export function isRefused(cluster: JsonObject): boolean {
  return JSON.stringify(cluster).includes(`"path":"${PATH}"`);
}
