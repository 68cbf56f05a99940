import type { JsonObject } from "../../../src/model/json.ts";

/** A Deployment of one pod with one container, which ends at once when it is told to. */
export function deployed(
  place: { readonly name: string; readonly namespace: string },
  labels: JsonObject,
  container: JsonObject,
): JsonObject {
  return {
    apiVersion: "apps/v1",
    kind: "Deployment",
    metadata: { ...place },
    spec: {
      selector: { matchLabels: labels },
      template: {
        metadata: { labels },
        spec: { terminationGracePeriodSeconds: 1, containers: [container] },
      },
    },
  };
}
