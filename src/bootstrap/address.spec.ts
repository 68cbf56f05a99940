import { describe, expect, test } from "vitest";
import { anyAddress, bareAddress, isLiteralAddress, tcpAddress } from "./address.ts";
import { expanded } from "./expansion.ts";

describe("an address is literal", () => {
  test.each(["10.0.0.7", "::1", "[fd00::7]", expanded("OUTRIGGER_HOST_IP")])("when it is %j", (address) => {
    expect(isLiteralAddress(address)).toBe(true);
  });

  test.each(["localhost", "collector.tracing.svc", "10.0.0", "1.2.3.4.5", "", "[collector]"])(
    "but not when it is %j",
    (address) => {
      expect(isLiteralAddress(address)).toBe(false);
    },
  );
});

test("brackets are taken off an IPv6 address, and nothing else is", () => {
  expect(["[fd00::7]", "fd00::7", "host", "["].map(bareAddress)).toEqual(["fd00::7", "fd00::7", "host", "["]);
  expect(tcpAddress("[fd00::7]", 80)).toEqual({ socket_address: { address: "fd00::7", port_value: 80 } });
});

test("both families are listened to on one socket, and IPv4 alone where the node may have no IPv6", () => {
  expect(anyAddress(1, true)).toEqual({ socket_address: { address: "::", port_value: 1, ipv4_compat: true } });
  expect(anyAddress(1, false)).toEqual({ socket_address: { address: "0.0.0.0", port_value: 1 } });
});
