import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import type { KubeClient } from "../../kube/client.ts";
import type { JsonObject } from "../../model/json.ts";
import { COMPONENT_LABEL, MANAGED_BY_LABEL, MANAGER, PLACES } from "../objects/ownership.ts";
import { removeNamespace } from "./remove-namespace.ts";

const { namespace } = PLACES["control-plane"];
const INSTALLED = {
  metadata: { name: namespace, labels: { [MANAGED_BY_LABEL]: MANAGER, [COMPONENT_LABEL]: "control-plane" } },
};

// every look at the clock is two seconds later than the one before
beforeEach(() => {
  let now = 0;
  vi.spyOn(performance, "now").mockImplementation(() => (now += 2_000));
});
afterEach(() => {
  vi.restoreAllMocks();
});

describe("a namespace whose pods do not end", () => {
  test("is removed all the same, and waits for them no longer than for anything else", async () => {
    const asked: string[] = [];
    const get = (path: string): Promise<JsonObject> => {
      asked.push(path);
      if (path === `/api/v1/namespaces/${namespace}`) return Promise.resolve(INSTALLED);
      return Promise.resolve({ items: path.includes("/pods?labelSelector") ? [{ metadata: { name: "web-1" } }] : [] });
    };
    const deleted: string[] = [];
    const send = ({ path }: { path: string }): Promise<JsonObject> => {
      deleted.push(path);
      return Promise.resolve({});
    };
    const writer = {
      client: { get, send } as unknown as KubeClient,
      fieldManager: "outrigger",
      signal: new AbortController().signal,
    } as const;
    const removing = removeNamespace({ writer, deadline: 7_000, report: () => undefined }, "control-plane", new Set());
    await expect(removing).rejects.toThrow(`Namespace ${namespace} is not gone in time`);
    expect(asked.filter((path) => path.includes("/pods?"))).toHaveLength(3);
    expect(deleted[0]).toContain(`/api/v1/namespaces/${namespace}`);
  });
});
