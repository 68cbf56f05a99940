import { describe, expect, test } from "vitest";
import { clusterDnsIn, serviceName, servicesMeant } from "./cluster-dns.ts";

describe("a pod's resolv.conf", () => {
  test.each([
    [
      "as the kubelet writes it",
      "search shop.svc.cluster.local svc.cluster.local cluster.local\nnameserver 10.96.0.10\noptions ndots:5\n",
      { servers: ["10.96.0.10"], domain: "cluster.local" },
    ],
    [
      "with further domains of the node, and two families",
      "nameserver 10.96.0.10\nnameserver fd00::a\nsearch a.svc.corp.example svc.corp.example corp.example ec2.internal\n",
      { servers: ["10.96.0.10", "fd00::a"], domain: "corp.example" },
    ],
    [
      "with dots at the end and comments",
      "# made\nnameserver 10.0.0.1 # dns\nsearch a.svc.k8s.local. svc.k8s.local. k8s.local.",
      { servers: ["10.0.0.1"], domain: "k8s.local" },
    ],
  ])("%s names the cluster's DNS", (_, text, expected) => {
    expect(clusterDnsIn(text)).toEqual(expected);
  });

  test.each([
    ["of a machine", "nameserver 192.168.1.1\nsearch fritz.box\n"],
    ["without a search list", "nameserver 10.96.0.10\n"],
    ["without a server", "search shop.svc.cluster.local svc.cluster.local cluster.local\n"],
    ["whose server is no address", "nameserver dns\nsearch svc.cluster.local\n"],
    ["whose last search list is another", "nameserver 10.96.0.10\nsearch svc.cluster.local\nsearch fritz.box\n"],
    ["that is empty", ""],
  ])("%s names none", (_, text) => {
    expect(clusterDnsIn(text)).toBeUndefined();
  });
});

describe("the whole name of a Service", () => {
  const dns = { servers: ["10.96.0.10"], domain: "cluster.local" };

  test.each([
    "outrigger.appmesh-system.svc",
    "outrigger.appmesh-system.svc.cluster.local",
    "outrigger.appmesh-system.svc.",
  ])("%s", (host) => expect(serviceName(host, dns)).toBe("outrigger.appmesh-system.svc.cluster.local."));

  test.each(["outrigger", "outrigger.appmesh-system", "mesh.example.com", "a.b.c.svc", "a.b.svc.other.local"])(
    "%s is none that the cluster's DNS must know",
    (host) => expect(serviceName(host, dns)).toBeUndefined(),
  );
});

describe("the Services that a host name may mean to a pod of namespace shop", () => {
  test.each([
    ["db", ["shop/db"]],
    ["DB.Bank.svc", ["bank/db"]],
    ["db.bank.svc.cluster.local", ["bank/db"]],
    ["db.bank.svc.Cluster.Local.", ["bank/db"]],
    ["db.", ["shop/db"]],
    ["db.bank", ["shop/bank endpoint db", "bank/db"]],
    ["DB-0.db.bank.svc", ["bank/db endpoint db-0"]],
    ["db-0.db.bank.svc.cluster.local.", ["bank/db endpoint db-0"]],
  ])("%s", (host, expected) => {
    const meant = servicesMeant(host, "shop", "cluster.local").map(({ namespace, name, endpoint }) => {
      return `${namespace}/${name}${endpoint === undefined ? "" : ` endpoint ${endpoint}`}`;
    });
    expect(meant).toEqual(expected);
  });

  test.each([
    "",
    ".",
    "db.svc",
    "db.svc.cluster.local",
    "a.db-0.db.bank.svc.cluster.local",
    "db.bank.svc.clusterset.local",
    "db..svc",
    "db-0..bank.svc",
    "db.example.com",
    "*.bank.svc.cluster.local.example",
  ])("%j means none", (host) => {
    expect(servicesMeant(host, "shop", "cluster.local")).toEqual([]);
  });
});
