import { describe, expect, test } from "vitest";
import { mayDial } from "./dialable.ts";

describe("a cluster is not made of", () => {
  test.each([
    "127.0.0.1",
    "127.0.0.1.",
    "127.1",
    "0x7f000001",
    "::1",
    "::ffff:127.0.0.1",
    "169.254.169.254",
    // AWS answers there what it answers at 169.254.169.254, and at 169.254.170.23
    "fd00:ec2::254",
    "fd00:ec2::23",
    "fe80::1",
    "localhost",
    "LocalHost.",
    "localhost..",
    "any.localhost",
    // https://github.com/kubernetes/kubernetes/blob/master/pkg/kubelet/kubelet_pods.go, managedHostsFileContent
    "ip6-localhost",
    "ip6-loopback.",
    "localhost.localdomain",
    "localhost6.localdomain6",
    "fe80::1%eth0",
  ])("%s", (host) => expect(mayDial(host, 8080)).toBe(false));

  test.each([9901, 15000, 15001, 15020])("anybody's port %i", (port) => expect(mayDial("10.0.0.7", port)).toBe(false));
});

test.each([
  "10.0.0.7",
  "fd00:ec3::254",
  "fd00::7",
  "web",
  "web.shop.svc.cluster.local",
  "localhost.example.com",
  "notlocalhost",
])("a cluster may be made of %s", (host) => expect(mayDial(host, 8080)).toBe(true));
