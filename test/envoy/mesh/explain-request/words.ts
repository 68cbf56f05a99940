import { JOINED_HEADERS } from "../../../../src/answers/explain-request/envoy-request.ts";

/* What random meshes and requests are made of: few words, so that they meet often, and differ by little. */

export const SHOP_LABEL = { mesh: "shop" } as const;

/** Names of services in App Mesh. */
export const HOSTS: readonly string[] = [
  "one.shop",
  "Two.Shop",
  "three.shop.svc.cluster.local",
  "four",
  "five.shop.",
  "*.six.shop",
  "a.six.shop",
  "10.97.0.20",
  "seven.shop.svc.cluster.local",
];

export const PATHS: readonly string[] = ["/a", "/a/", "/a/b", "/b", "/b/a", "/ab", "/a/b/c", "/A"];
export const METHODS = ["GET", "POST", "DELETE", "HEAD"] as const;
export const FLAG_NAMES: readonly string[] = ["x-user", "X-Flag", "level", "user-agent"];
export const VALUES: readonly string[] = ["a", "b", "al", "alice", "bob", "5", "05", "+5", "-1", "a,b", ""];
export const QUERY_NAMES: readonly string[] = ["q", "beta"];
export const QUERY_VALUES: readonly string[] = ["1", "yes", "a%20b"];

/** Headers that Envoy refuses where they are repeated or no list, or takes for itself: no route is asked about those. */
const NEVER_TWICE: ReadonlySet<string> = new Set(
  "connection content-length transfer-encoding te upgrade expect keep-alive proxy-connection x-forwarded-proto".split(
    " ",
  ),
);
const OTHERS =
  "x-user accept-language accept-charset cookie x-real-ip forwarded x-b3-traceid b3 traceparent tracestate x-api-key x-amzn-trace-id dnt date link " +
  "from range warning trailer max-forwards x-requested-with x-correlation-id proxy-authorization content-language content-disposition " +
  "sec-fetch-mode allow age etag last-modified vary location server " +
  "x-forwarded-client-cert x-ot-span-context baggage";

/** Headers that are sent twice: all that are said to be joined, and others that people match by. */
export const REPEATED: readonly string[] = [...JOINED_HEADERS, ...OTHERS.split(" ")].filter(
  (name) => !NEVER_TWICE.has(name),
);

/** Of gRPC: names of services and of their methods. */
export const SERVICE_NAMES: readonly string[] = ["shop.Cart", "shop.Cart2", "shop.Pay"];
export const METHOD_NAMES: readonly string[] = ["Get", "Get2", "List"];
