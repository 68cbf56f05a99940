import { join, relative } from "node:path";
import { describe, expect, test } from "vitest";
import type { ExplanationReport } from "../../src/answers/explain-request/explanation-report.ts";
import { outrigger } from "./command-line.ts";

const SHOP = relative(process.cwd(), join(import.meta.dirname, "explain-request/shop.yaml"));
const CART = "http://cart.shop.svc.cluster.local:8080";

const explain = (...words: readonly string[]) =>
  outrigger(["explain", "request", ...words, "-n", "shop", "-f", SHOP], { environment: {} });

describe("what a request meets", () => {
  test.each([
    ["routes", 1, [`${CART}/api/%62%2fx`, "-H", "x-user: bob", "--from", "deployment/front"]],
    [
      "repeated-header",
      0,
      ["POST", `${CART}/api`, "-H", "x-user: bob", "-H", "x-user: al", "--from", "virtualnode/front"],
    ],
    ["no-weight", 1, [`${CART}/closed?beta=no&beta=yes`, "--from", "deploy/front"]],
    ["no-route", 1, [`${CART}/other`, "--from", "deploy/front"]],
    ["no-backend", 1, ["http://search.shop.svc.cluster.local:8080/", "--from", "deploy/front"]],
    ["near-name", 1, ["http://cart.shop:8080/", "--from", "deploy/front"]],
    ["grpc", 0, ["--grpc", "http://catalogue.shop.svc.cluster.local:9000/shop.Catalogue/List", "--from", "vn/front"]],
    [
      "grpc-no-route",
      1,
      ["--grpc", "http://catalogue.shop.svc.cluster.local:9000/shop.Catalogue/Get", "--from", "vn/front"],
    ],
    ["tcp", 0, ["tcp://db.shop.svc.cluster.local:5432", "--from", "deploy/front"]],
    ["tls", 1, ["http://pay.shop.svc.cluster.local:8443/", "--from", "deploy/front"]],
    ["https-to-http", 1, ["https://cart.shop.svc.cluster.local:8080/", "--from", "deploy/front"]],
    ["closed", 1, ["http://example.com/", "--from", "deploy/front"]],
    ["ignored-port", 0, ["http://example.com:9999/", "--from", "deploy/front"]],
    ["no-sidecar", 0, ["http://example.com/", "--from", "deploy/batch"]],
    ["gateway", 1, ["http://shop.example.com:8088/cart/1?x=2", "--from", "virtualgateway/ingress"]],
    ["gateway-host", 0, ["http://admin.example.com:8088/other", "--from", "vg/ingress"]],
    ["gateway-no-route", 1, ["http://shop.example.com:8088/other", "--from", "vg/ingress"]],
    ["gateway-port", 1, ["http://shop.example.com/", "--from", "vg/ingress"]],
  ] as const)("%s", async (name, code, words) => {
    const ran = await explain(...words);
    expect({ code: ran.code, stderr: ran.stderr }).toEqual({ code, stderr: "" });
    await expect(ran.stdout).toMatchFileSnapshot(`golden/explain-request/${name}.txt`);
  });

  test("as JSON", async () => {
    const { stdout } = await explain(`${CART}/api`, "--from", "deploy/front", "-o", "json");
    const report = { ...(JSON.parse(stdout) as ExplanationReport), release: "0.0.0" };
    await expect(`${JSON.stringify(report, null, 2)}\n`).toMatchFileSnapshot("golden/explain-request/json.txt");
  });

  test("options may stand before the word, too", async () => {
    const words = ["explain", "-f", SHOP, "request", `${CART}/api`, "-n", "shop", "--from", "vn/front"];
    expect((await outrigger(words)).stdout).toContain("virtual node cart_shop");
  });
});

describe("a mistake is answered with what helps", () => {
  test.each([
    [["--from", "vn/front"], "missing required argument"],
    [[CART], "required option '--from <kind/name>'"],
    [["GET", CART, "x", "--from", "vn/front"], "expected [METHOD] URL, found 3 words"],
    [["cart/x", "--from", "vn/front"], "write http://cart/x"],
    [[CART, "-H", "x", "--from", "vn/front"], "expected -H 'name: value'"],
    [[CART, "--from", "front"], "expected KIND/NAME of who sends the request"],
    [[CART, "--from", "deploy/frnt"], "there is no deployment/frnt in namespace shop: did you mean deployment/front?"],
    [[CART, "--from", "vn/carts"], "did you mean virtualnode/cart?"],
    [[CART, "--from", "vn/zzzzzzz"], "there is virtualnode/cart, virtualnode/cart-beta"],
    [[CART, "--from", "vn/front", "--trust", "x"], "--trust says nothing about requests"],
    [[CART, "--from", "vn/front", "--context", "x"], "-f looks at files alone"],
  ])("%o", async (words, message) => {
    const { code, stdout, stderr } = await explain(...words);
    expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
    expect(stderr).toContain(message);
  });
});
