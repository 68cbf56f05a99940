import { join, relative } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import type { DescribeReport } from "../../src/answers/describe-report.ts";
import { outrigger } from "./command-line.ts";

// what the command loads at its first call takes seconds on a busy machine, and is none of a test's time
beforeAll(async () => {
  await Promise.all([import("../../src/answers/answers.ts"), import("../../src/cli/mesh-in-files.ts")]);
}, 120_000);

/** As somebody in the folder of the repository gives it. */
const COLOR = relative(process.cwd(), join(import.meta.dirname, "describe/color.yaml"));

const described = (...words: readonly string[]) => outrigger(["describe", ...words, "-f", COLOR]);

async function reported(...words: readonly string[]): Promise<DescribeReport> {
  const { stdout } = await described(...words, "--output", "json");
  return JSON.parse(stdout) as DescribeReport;
}

const titles = (neighbours: DescribeReport["uses"]) =>
  neighbours.map(({ relation, object, written }) =>
    `${relation} ${object === null ? `(${written})` : object.kind} ${object?.name ?? ""}`.trim(),
  );

describe("describe of files", () => {
  test.each(["virtualnode/front", "virtualrouter/color", "virtualservice/color", "virtualgateway/edge"])(
    "prints %s",
    async (object) => {
      const { code, stdout, stderr } = await described(object, "-n", "shop");
      expect(stderr).toBe("");
      expect(code).toBe(object === "virtualnode/front" ? 1 : 0);
      await expect(stdout).toMatchFileSnapshot(`golden/describe-${object.replace("/", "-")}.txt`);
    },
  );

  test("prints JSON with everything that is said", async () => {
    const report = await reported("virtualnode/front", "-n", "shop");
    const steady = { ...report, release: "0.0.0", time: "2026-11-29T12:00:00.000Z" };
    await expect(`${JSON.stringify(steady, null, 2)}\n`).toMatchFileSnapshot("golden/describe-json.txt");
  });

  test.each([
    ["vn/front", "VirtualNode"],
    ["virtualnodes/front", "VirtualNode"],
    ["VirtualNode/shop/front", "VirtualNode"],
    ["virtualnode.appmesh.k8s.aws/front", "VirtualNode"],
    ["virtualrouters.appmesh.k8s.aws/color", "VirtualRouter"],
    ["vs/front", "VirtualService"],
    ["vg/edge", "VirtualGateway"],
    ["gatewayroute/front", "GatewayRoute"],
    ["backendgroups/tools", "BackendGroup"],
    ["mesh/main", "Mesh"],
    ["meshes/main", "Mesh"],
  ])("takes %s as kubectl does", async (word, kind) => {
    const { object } = await reported(word, "-n", "shop");
    expect(object.kind).toBe(kind);
  });

  test("says what a gateway makes of paths and hosts, and a Mesh of what no service takes", async () => {
    const shop = relative(process.cwd(), join(import.meta.dirname, "explain-request/shop.yaml"));
    const { stdout } = await outrigger(["describe", "vg/ingress", "-n", "shop", "-f", shop]);
    expect(stdout).toMatch(
      /prefix \/cart\/ +-> cart\.shop\.svc\.cluster\.local:8080; prefix \/cart\/ becomes \/api\/\n/,
    );
    expect(stdout).toMatch(/prefix \/ +-> search\.shop\.svc\.cluster\.local:8080; host stays\n/);
    expect((await described("mesh/main")).stdout).toMatch(/egress filter +DROP_ALL\n/);
    expect(await reported("mesh/main")).toMatchObject({ egressFilter: "DROP_ALL" });
  });

  test("takes kind and name as two words, also as problems show them", async () => {
    const [plain, placed] = [
      await reported("vr", "color", "-n", "shop"),
      await reported("VirtualRouter", "shop/color"),
    ];
    expect(placed.object).toEqual({ kind: "VirtualRouter", namespace: "shop", name: "color" });
    expect(plain.object).toEqual(placed.object);
  });

  test("says of each kind what it uses and who uses it", async () => {
    const route = await reported("gr/front", "-n", "shop");
    expect(titles(route.uses)).toEqual(["gateway VirtualGateway edge", "virtual service VirtualService front"]);
    const service = await reported("vs/front", "-n", "shop");
    expect(titles(service.uses)).toEqual(["provider VirtualNode front"]);
    expect(titles(service.usedBy)).toEqual(["virtual service GatewayRoute front", "member BackendGroup tools"]);
    expect(service.reaches.map(({ name }) => name)).toEqual(["edge", "front"]);
    const group = await reported("bg/tools", "-n", "shop");
    expect(titles(group.usedBy)).toEqual(["backend group VirtualNode front"]);
    const green = await reported("vn/green", "-n", "shop");
    expect(green.usedBy.map(({ route: of }) => of)).toEqual([
      { name: "beta", weight: 1 },
      { name: "all", weight: 10 },
    ]);
    const mesh = await reported("mesh/main");
    expect(mesh.members).toEqual({
      VirtualNode: 3,
      VirtualRouter: 1,
      VirtualService: 2,
      VirtualGateway: 1,
      GatewayRoute: 1,
      BackendGroup: 1,
    });
  });

  test("knows nothing of pods and proxies", async () => {
    const { pods, proxies } = await reported("vn/front", "-n", "shop");
    expect({ pods, proxies }).toEqual({ pods: null, proxies: null });
  });

  test.each<[readonly string[], string]>([
    [["vn/front"], "there is no VirtualNode default/front: there is shop/blue, shop/front, shop/green"],
    [["vn/red", "-n", "shop"], "there is no VirtualNode shop/red: there is shop/blue"],
    [["mesh/other"], "there is no Mesh other: there is main"],
    [["pod/front"], "expected KIND/NAME"],
    [["virtualnod/front"], "did you mean virtualnode?"],
    [["virtualnode"], '"virtualnode": expected KIND/NAME'],
    [["virtualnode/"], "expected KIND/NAME"],
    [["mesh/a/b"], "expected KIND/NAME"],
    [["vn/a/b/c"], "expected KIND/NAME"],
    [["vn/front", "--kubeconfig", "x"], "-f looks at files alone"],
  ])("%j is refused with what helps", async (words, message) => {
    const { code, stdout, stderr } = await described(...words);
    expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
    expect(stderr).toContain(message);
  });

  test("an object that cannot be read is said to be so", async () => {
    const stdin =
      "apiVersion: appmesh.k8s.aws/v1beta2\nkind: VirtualNode\nmetadata: {name: web}\nspec: {listeners: 1}\n";
    const { code, stderr } = await outrigger(["describe", "vn/web", "-f", "-"], { stdin });
    expect(code).toBe(1);
    expect(stderr).toContain("VirtualNode/default/web cannot be read: spec.listeners expected a list, found 1");
  });

  test("without a kind and a name it says what is missing", async () => {
    const { code, stderr } = await outrigger(["describe"]);
    expect(code).toBe(2);
    expect(stderr).toContain("missing required argument 'kind/name'");
  });
});
