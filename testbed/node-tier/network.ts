import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { NODE_IP, SERVICE_RANGE } from "./addresses.ts";

const run = promisify(execFile);

/** True when this kernel has IPv6 and nobody switched it off. */
export function hasIpv6(): boolean {
  return existsSync("/proc/net/if_inet6");
}

/**
 * Sets up the network namespace that this process is alone in: loopback, and a bridge without ports that carries the
 * node's addresses (not every kernel has `dummy` links). Everything outside is unreachable, at once and not after a
 * timeout.
 */
export async function setUpNetwork(tools: string, ipv6: boolean): Promise<void> {
  const ip = async (...args: readonly string[]) => await run(join(tools, "ip"), args);
  await ip("link", "set", "lo", "up");
  await ip("link", "add", "node0", "type", "bridge");
  await ip("addr", "add", `${NODE_IP.v4}/24`, "dev", "node0");
  if (ipv6) await ip("addr", "add", `${NODE_IP.v6}/64`, "dev", "node0", "nodad");
  await ip("link", "set", "node0", "up");
  // Addresses of Services need some route: the look-up comes before their translation.
  await ip("route", "add", SERVICE_RANGE.v4, "dev", "node0");
  await ip("route", "add", "unreachable", "default");
  if (ipv6) {
    await ip("-6", "route", "add", SERVICE_RANGE.v6, "dev", "node0");
    await ip("-6", "route", "add", "unreachable", "default");
    await writeFile("/proc/sys/net/ipv6/conf/all/forwarding", "1");
  }
  await writeFile("/proc/sys/net/ipv4/ip_forward", "1");
  // Without these a pod could not reach, through a Service, another pod on the same bridge.
  await writeFile("/proc/sys/net/bridge/bridge-nf-call-iptables", "1");
  if (ipv6) await writeFile("/proc/sys/net/bridge/bridge-nf-call-ip6tables", "1");
}
