import { describe, expect, test } from "vitest";
import { arnOf, parseArn } from "./arn.ts";

const PLACE = { partition: "aws", region: "us-west-2", account: "000000000000" };
const PREFIX = "arn:aws:appmesh:us-west-2:000000000000:mesh/main";

describe("an ARN", () => {
  test.each([
    ["Mesh", "main", "", PREFIX],
    ["VirtualNode", "web_shop", "", `${PREFIX}/virtualNode/web_shop`],
    ["VirtualService", "web.shop", "", `${PREFIX}/virtualService/web.shop`],
    ["VirtualRouter", "web_shop", "", `${PREFIX}/virtualRouter/web_shop`],
    ["VirtualGateway", "door_shop", "", `${PREFIX}/virtualGateway/door_shop`],
    ["Route", "r", "web_shop", `${PREFIX}/virtualRouter/web_shop/route/r`],
    ["GatewayRoute", "r_shop", "door_shop", `${PREFIX}/virtualGateway/door_shop/gatewayRoute/r_shop`],
  ] as const)("of a %s is written and read", (kind, name, parent, arn) => {
    expect(arnOf(PLACE, "main", kind, name, parent)).toBe(arn);
    const expected = { ...PLACE, mesh: "main", owner: undefined, kind, name, parent: parent || undefined };
    expect(parseArn(arn)).toEqual(expected);
  });

  test("may carry the mesh's owner", () => {
    expect(parseArn("arn:aws-cn:appmesh:r:1:mesh/m@222222222222/virtualNode/n")).toMatchObject({
      partition: "aws-cn",
      mesh: "m",
      owner: "222222222222",
      name: "n",
    });
  });
});

test.each([
  "",
  "web_shop",
  "arn:aws:s3:::bucket",
  "arn:aws:appmesh:r:1:mesh/",
  "arn:aws:appmesh:r:1:mesh/m/virtualNode",
  "arn:aws:appmesh:r:1:mesh/m/virtualNode/",
  "arn:aws:appmesh:r:1:mesh/m/thing/n",
  "arn:aws:appmesh:r:1:mesh/m/virtualNode/n/route/r",
  "arn:aws:appmesh:r:1:mesh/m/virtualRouter/n/route/r/more",
])("%j is none", (text) => {
  expect(parseArn(text)).toBeUndefined();
});
