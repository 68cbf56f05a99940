import { describe, expect, it } from "vitest";
import { fromEnvironment } from "./from-environment.ts";
import { rawText } from "./raw-value.ts";

const winner = (environment: Record<string, string | undefined>, path: string) => {
  const entry = fromEnvironment(environment).entries.findLast(({ target }) => target === path);
  return entry && [rawText(entry.raw), (entry.origin as { variable: string }).variable];
};

describe("fromEnvironment", () => {
  it("prefers our own variable, then the old ones in their order", () => {
    const all = { AWS_DEFAULT_REGION: "d", AWS_REGION: "c", APPMESH_REGION: "b", OUTRIGGER_REGION: "a" };
    expect(winner(all, "region")).toEqual(["a", "OUTRIGGER_REGION"]);
    expect(winner({ ...all, OUTRIGGER_REGION: undefined }, "region")).toEqual(["b", "APPMESH_REGION"]);
    expect(winner({ AWS_DEFAULT_REGION: "d", AWS_REGION: "c" }, "region")).toEqual(["c", "AWS_REGION"]);
  });

  it("takes MESH_NAME before APPMESH_NAME, as the walkthrough sets it", () => {
    expect(winner({ APPMESH_NAME: "b", MESH_NAME: "a" }, "meshName")).toEqual(["a", "MESH_NAME"]);
  });

  it("takes an empty old variable as not set, an empty one of ours as the empty value", () => {
    expect(winner({ APPMESH_NAME: "b", MESH_NAME: "" }, "meshName")).toEqual(["b", "APPMESH_NAME"]);
    expect(winner({ MESH_NAME: "b", OUTRIGGER_MESH_NAME: "" }, "meshName")).toEqual(["", "OUTRIGGER_MESH_NAME"]);
  });

  it("warns of a slip in a variable's name and ignores what is not meant for it", () => {
    const { entries, problems, warnings } = fromEnvironment({
      OUTRIGGER_PROXY_LOGLEVEL: "debug",
      OUTRIGGER_SERVICE_HOST: "10.0.0.1",
      OUTRIGGER_PORT_18000_TCP_ADDR: "10.0.0.1",
      OUTRIGGER_POD_NAME: "x",
      OUTRIGGER_REQUIRE: "all",
      PATH: "/bin",
    });
    expect({ entries, problems }).toEqual({ entries: [], problems: [] });
    expect(warnings).toEqual([
      "environment OUTRIGGER_PROXY_LOGLEVEL is not known and has no effect; did you mean OUTRIGGER_PROXY_LOG_LEVEL?",
    ]);
  });

  it("reads own members only", () => {
    expect(fromEnvironment(Object.create({ MESH_NAME: "inherited" })).entries).toEqual([]);
  });
});
