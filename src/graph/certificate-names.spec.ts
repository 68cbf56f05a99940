import { describe, expect, test } from "vitest";
import { certificateNames, givenNames } from "./certificate-names.ts";
import { problemsOf } from "./report.ts";

const KEY = "outrigger.dev/certificate-names";

function names(namespace: string, hostname: string | undefined, given = "") {
  const annotations = given === "" ? {} : { [KEY]: given };
  const found = certificateNames({ namespace, hostname, mesh: { name: "main", annotations } }, "cluster.local");
  return found.kind === "names" ? found.names : found.found;
}

const FORMS = ["web.shop", "web.shop.svc", "web.shop.svc.cluster.local"];

describe("a node gets a certificate", () => {
  test.each(["web.shop", "web.shop.svc", "web.shop.svc.cluster.local", "web.shop.svc.cluster.local.", "WEB.Shop"])(
    "for a Service of its namespace in every form, where it writes %s",
    (hostname) => {
      expect(names("shop", hostname)).toEqual(FORMS);
    },
  );

  test("for an endpoint of one, but not by what may be a name of the world", () => {
    expect(names("shop", "db-0.db.shop.svc")).toEqual(["db-0.db.shop.svc", "db-0.db.shop.svc.cluster.local"]);
    expect(names("dev", "api.example.dev.svc")).not.toContain("api.example.dev");
    expect(names("dev", "api.example.dev")).toBe("api.example.dev is no name of namespace dev");
  });

  test.each([
    ["api.example.com", "shop=api.example.com"],
    ["api.example.com", "bank=other.example.com, shop=*.example.com"],
    ["web", "shop=web"],
    ["web.bank", "shop=web.bank"],
  ])("for %s where the Mesh says %s", (hostname, given) => {
    expect(names("shop", hostname, given)).toEqual([hostname]);
  });
});

describe("a node gets none", () => {
  test.each([
    ["ledger.bank", ""],
    ["ledger.bank.svc.cluster.local", "bank=ledger.bank.svc.cluster.local"],
    ["ledger-0.ledger.bank.svc", ""],
    ["web", ""],
    ["api.example.com", "bank=api.example.com"],
    ["a.b.example.com", "shop=*.example.com"],
    ["example.com", "shop=*.example.com"],
    // one of its own namespace's in front changes nothing
    ["web.shop.svc.cluster.local.bank.svc.cluster.local", ""],
    ["web.shop.svc.evil.example", ""],
  ])("for %s of somebody else, where the Mesh says: %s", (hostname, given) => {
    expect(names("shop", hostname, given)).toBe(`${hostname} is no name of namespace shop`);
  });

  test.each([
    ["appmesh-system", "outrigger.appmesh-system.svc"],
    ["appmesh-inject", "aws-app-mesh-inject.appmesh-inject"],
    ["kube-system", "kube-dns.kube-system.svc.cluster.local"],
    ["default", "kubernetes.default"],
    ["default", "KUBERNETES.default.svc.cluster.local."],
  ])("in namespace %s for %s, whatever the Mesh says", (namespace, hostname) => {
    const host = hostname.toLowerCase().replace(/\.$/, "");
    expect(names(namespace, hostname, `${namespace}=${host}`)).toBe(
      `${host} is a name of the cluster's own namespaces`,
    );
    expect(names("shop", hostname, `shop=${host}`)).toBe(`${host} is a name of the cluster's own namespaces`);
  });

  test.each([
    [undefined, "it has no name"],
    ["10.0.0.7", '"10.0.0.7" is no name of DNS'],
    ["*.shop", '"*.shop" is no name of DNS'],
    ["web..shop", '"web..shop" is no name of DNS'],
    ["web.shop\u0000.bank", undefined],
  ])("for %j, which is no name", (hostname, found) => {
    const said = names("shop", hostname);
    expect(said).toEqual(found ?? expect.stringContaining("is no name of DNS"));
  });
});

test("what of the Mesh's annotation cannot be read is said, and the rest counts", () => {
  const annotations = { [KEY]: "shop=a.example.com, api.example.com, shop=*, bank=*.b.example.com,, =x.example" };
  expect(givenNames(annotations, () => {})).toEqual([
    { namespace: "shop", name: "a.example.com" },
    { namespace: "bank", name: "*.b.example.com" },
  ]);
  const mesh = { kind: "Mesh", namespace: "", name: "main" } as const;
  const said = problemsOf(mesh, (say) => givenNames(annotations, say));
  expect(said.map(({ code, message }) => `${code}: ${message}`)).toEqual(
    ["api.example.com", "shop=*", "=x.example"].map(
      (entry) => `bad-annotation: annotation ${KEY} has the entry "${entry}"`,
    ),
  );
});
