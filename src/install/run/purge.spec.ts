import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import type { KubeClient, KubeWrite } from "../../kube/client.ts";
import { KubeError } from "../../kube/kube-error.ts";
import type { JsonObject } from "../../model/json.ts";
import { type CustomResources, purge } from "./purge.ts";

const DEFINITIONS = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions";

function resource(kind: string, plural: string): CustomResources {
  const definition = { metadata: { name: `${plural}.appmesh.k8s.aws` } };
  return { definition, kind, path: `/apis/appmesh.k8s.aws/v1beta2/${plural}`, count: 1 };
}
const NODES = resource("VirtualNode", "virtualnodes");
const ROUTERS = resource("VirtualRouter", "virtualrouters");

/** Objects of these kinds have this finalizer, and hold their CRD for ever. */
function cluster(finalizer: string, held: readonly string[]) {
  const deleted: string[] = [];
  const get = (path: string): Promise<JsonObject> => {
    const [plain = ""] = path.split("?");
    const plural = plain.split("/").at(-1)?.split(".")[0] ?? "";
    if (plain.startsWith(DEFINITIONS)) {
      return held.includes(plural)
        ? Promise.resolve({ metadata: { name: `${plural}.appmesh.k8s.aws` } })
        : Promise.reject(new KubeError("status", "gone", { status: 404 }));
    }
    const metadata = { name: "web", namespace: "shop", finalizers: [finalizer] };
    return Promise.resolve({ metadata: {}, items: held.includes(plural) ? [{ metadata }] : [] });
  };
  const send = ({ method, path }: KubeWrite): Promise<JsonObject> => {
    if (method === "DELETE") deleted.push(path.split("/").at(-1) ?? "");
    return Promise.resolve({});
  };
  const signal = new AbortController().signal;
  return {
    writer: { client: { get, send } as unknown as KubeClient, fieldManager: "outrigger", signal } as const,
    deleted,
  };
}

// every look at the clock is two seconds later than the one before
beforeEach(() => {
  let now = 0;
  vi.spyOn(performance, "now").mockImplementation(() => (now += 2_000));
});
afterEach(() => {
  vi.restoreAllMocks();
});

describe("a CRD that a finalizer holds", () => {
  const command = `kubectl patch virtualnodes.appmesh.k8s.aws web -n shop --type=merge -p '{"metadata":{"finalizers":null}}'`;

  test("is said while it is waited for, once, with what lets it go", async () => {
    const lines: string[] = [];
    const { writer } = cluster("example.com/mine", ["virtualnodes"]);
    const purging = purge({ writer, deadline: 12_000, report: (line) => lines.push(line) }, [NODES, ROUTERS]);
    await expect(purging).rejects.toMatchObject({ name: "InstallError", code: "not-ready" });
    expect(lines).toHaveLength(2);
    expect(lines[0]).toMatch(/^waiting for \d s at most until CRD virtualnodes\.appmesh\.k8s\.aws is gone: /);
    expect(lines[0]).toContain(`shop/web (example.com/mine): ${command}`);
    expect(lines[1]).toBe("CRD of VirtualRouter removed, with 1 object");
  });

  test("does not keep the others from being removed, and all that are left are named", async () => {
    const lines: string[] = [];
    const { writer, deleted } = cluster("example.com/mine", ["virtualnodes", "virtualrouters"]);
    const meshes = resource("Mesh", "meshes");
    const purging = purge({ writer, deadline: 3_000, report: (line) => lines.push(line) }, [NODES, ROUTERS, meshes]);
    await expect(purging).rejects.toThrow(
      /^CRD virtualnodes\.appmesh\.k8s\.aws is not gone in time[\s\S]*\nCRD virtualrouters\.appmesh\.k8s\.aws is not gone in time/,
    );
    expect(lines).toEqual(["CRD of Mesh removed, with 1 object"]);
    expect(deleted).toHaveLength(3);
  });

  test("is not waited for where nobody wants to wait", async () => {
    const lines: string[] = [];
    const { writer } = cluster("example.com/mine", ["virtualnodes"]);
    await purge({ writer, deadline: undefined, report: (line) => lines.push(line) }, [NODES]);
    expect(lines).toEqual([expect.stringContaining("CRD of VirtualNode is being removed: objects wait")]);
  });
});
