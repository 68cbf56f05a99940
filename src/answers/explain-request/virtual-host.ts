import { bytesOfText } from "../../model/bytes-of-text.ts";
import type { VirtualHost } from "../../xds/generated/envoy/config/route/v3/route_components_pb.js";
import type { RouteConfiguration } from "../../xds/generated/envoy/config/route/v3/route_pb.js";
import { type EnvoyRequest, linesOf } from "./envoy-request.ts";

/**
 * The virtual host that takes a request, as Envoy chooses it: the whole name, then the longest one with a star at its beginning, then at its
 * end, then `*`; in any case. A star stands for one character at least. Undefined: none, which is answered with 404.
 */
export function virtualHostOf(routes: RouteConfiguration, request: EnvoyRequest): VirtualHost | undefined {
  const { vhostHeader, ignorePortInHostMatching, virtualHosts } = routes;
  const written = vhostHeader === "" ? request.authority : (linesOf(request, vhostHeader)?.[0] ?? "");
  const host = inSmallLetters(ignorePortInHostMatching ? withoutPort(written) : written);
  const entries = virtualHosts.flatMap((virtualHost) =>
    virtualHost.domains.map((domain) => ({ virtualHost, domain: inSmallLetters(bytesOfText(domain)) })),
  );
  const longest = (fits: (domain: string) => boolean) =>
    entries
      .filter(({ domain }) => domain !== "*" && fits(domain) && host.length >= domain.length)
      .toSorted((one, other) => other.domain.length - one.domain.length)[0];
  const found =
    entries.find(({ domain }) => domain === host) ??
    longest((domain) => domain.startsWith("*") && host.endsWith(domain.slice(1))) ??
    longest((domain) => domain.endsWith("*") && host.startsWith(domain.slice(0, -1))) ??
    entries.find(({ domain }) => domain === "*");
  return found?.virtualHost;
}

/** Whatever follows the last colon is a port, but inside of the brackets of IPv6. */
export function withoutPort(authority: string): string {
  const colon = authority.lastIndexOf(":");
  return colon < 0 || authority.lastIndexOf("]") > colon ? authority : authority.slice(0, colon);
}

/** Of ASCII alone: the rest are bytes. */
function inSmallLetters(text: string): string {
  return text.replace(/[A-Z]/g, (letter) => letter.toLowerCase());
}
