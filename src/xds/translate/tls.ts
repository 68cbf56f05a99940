import { isIP, SocketAddress } from "node:net";
import { create, type MessageInitShape } from "@bufbuild/protobuf";
import { serverTls } from "../../graph/tls.ts";
import type { NamedTls } from "../../graph/tls-steps.ts";
import type { CertificateView, ClientTlsView, ServerTlsView, TrustView, ValidationView } from "../../graph/tls-view.ts";
import type { GatewayListenerView, ListenerView } from "../../graph/view.ts";
import type { Protocol } from "../../model/field-types.ts";
import { SDS_CLUSTER } from "../../model/names.ts";
import { seconds, typed } from "../encode/typed.ts";
import { type TransportSocket, TransportSocketSchema } from "../generated/envoy/config/core/v3/base_pb.js";
import {
  ApiConfigSource_ApiType,
  ApiVersion,
  type ConfigSourceSchema,
} from "../generated/envoy/config/core/v3/config_source_pb.js";
import {
  type FilterChain,
  FilterChainMatchSchema,
  FilterChainSchema,
  type ListenerFilterChainMatchPredicateSchema,
  type ListenerFilterSchema,
} from "../generated/envoy/config/listener/v3/listener_components_pb.js";
import type { ListenerSchema } from "../generated/envoy/config/listener/v3/listener_pb.js";
import { TlsInspectorSchema } from "../generated/envoy/extensions/filters/listener/tls_inspector/v3/tls_inspector_pb.js";
import {
  SubjectAltNameMatcher_SanType,
  type SubjectAltNameMatcherSchema,
  TlsParameters_TlsProtocol,
  type TlsParametersSchema,
} from "../generated/envoy/extensions/transport_sockets/tls/v3/common_pb.js";
import type { SdsSecretConfigSchema } from "../generated/envoy/extensions/transport_sockets/tls/v3/secret_pb.js";
import {
  type CommonTlsContext,
  CommonTlsContextSchema,
  DownstreamTlsContextSchema,
  UpstreamTlsContextSchema,
} from "../generated/envoy/extensions/transport_sockets/tls/v3/tls_pb.js";
import { secretName } from "./secrets.ts";

/*
 * TLS of filter chains and of clusters. Certificates are always secrets that Envoy asks for, from this stream or from the pod's own
 * server: one that is missing, or cannot be read, then concerns its connections alone, and not the listener or cluster.
 */

const SOCKET = "envoy.transport_sockets.tls";

/** Chains for those who ask for names, beside the listener's own. */
export function namedChains(
  plain: FilterChain,
  named: readonly NamedTls[],
  protocol: Protocol,
  sdsSocket: boolean,
): readonly FilterChain[] {
  return named.flatMap(({ serverName, tls }, index) => {
    const server = serverTls(tls);
    if (server === undefined) return [];
    const filterChainMatch = {
      ...(plain.filterChainMatch ?? create(FilterChainMatchSchema)),
      serverNames: [serverName],
      transportProtocol: "tls",
    };
    const transportSocket = serverTransport(server, protocol, sdsSocket);
    const name = `${plain.name}_next_${index}`;
    return [create(FilterChainSchema, { ...plain, name, filterChainMatch, transportSocket })];
  });
}

/**
 * A chain as a listener's TLS wants it: as it is; with TLS; or, where it is `PERMISSIVE`, both. Then the plain one stays as it
 * was, so that connections stay open when TLS is added.
 */
export function securedChains(
  plain: FilterChain,
  tls: ServerTlsView | undefined,
  protocol: Protocol,
  sdsSocket: boolean,
): readonly FilterChain[] {
  if (tls === undefined) return [plain];
  const transportSocket = serverTransport(tls, protocol, sdsSocket);
  switch (tls.mode) {
    case "STRICT":
      return [create(FilterChainSchema, { ...plain, transportSocket })];
    case "PERMISSIVE": {
      const filterChainMatch = {
        ...(plain.filterChainMatch ?? create(FilterChainMatchSchema)),
        transportProtocol: "tls",
      };
      const secured = { ...plain, name: `${plain.name}_tls`, filterChainMatch, transportSocket };
      return [plain, create(FilterChainSchema, secured)];
    }
  }
}

/**
 * What a listener needs to tell TLS from plain text, or names that are asked for, where one of its ports takes both. Only there: a connection
 * whose server speaks first waits for a second.
 */
export function bothWays(
  listeners: readonly (Pick<GatewayListenerView, "port" | "tls"> & Partial<Pick<ListenerView, "namedTls">>)[],
  before: readonly MessageInitShape<typeof ListenerFilterSchema>[],
): Pick<
  MessageInitShape<typeof ListenerSchema>,
  "listenerFilters" | "listenerFiltersTimeout" | "continueOnListenerFiltersTimeout"
> {
  const ports = listeners
    .filter(({ tls, namedTls }) => serverTls(tls)?.mode === "PERMISSIVE" || (namedTls ?? []).length > 0)
    .map(({ port }) => port);
  if (ports.length === 0) return { listenerFilters: [...before] };
  return {
    listenerFilters: [...before, tlsInspector(ports)],
    listenerFiltersTimeout: seconds(1),
    continueOnListenerFiltersTimeout: true,
  };
}

/** Looks for TLS, and the name that it asks for, in connections to these ports. */
export function tlsInspector(ports: readonly number[]): MessageInitShape<typeof ListenerFilterSchema> {
  const rules = ports.map(onPort);
  const [first] = rules;
  const rule = rules.length === 1 && first !== undefined ? first : anyOf(rules);
  return {
    name: "envoy.filters.listener.tls_inspector",
    configType: { case: "typedConfig", value: typed(TlsInspectorSchema) },
    filterDisabled: { rule: { case: "notMatch", value: rule } },
  };
}

type Predicate = MessageInitShape<typeof ListenerFilterChainMatchPredicateSchema>;

function onPort(port: number): Predicate {
  return { rule: { case: "destinationPortRange", value: { start: port, end: port + 1 } } };
}

function anyOf(rules: Predicate[]): Predicate {
  return { rule: { case: "orMatch", value: { rules } } };
}

/** The server's side of TLS. HTTP is spoken as the client asks, /1.1 or /2. */
function serverTransport(
  { certificate, validation }: ServerTlsView,
  protocol: Protocol,
  sdsSocket: boolean,
): TransportSocket {
  const value = typed(DownstreamTlsContextSchema, {
    commonTlsContext: context({ certificate, validation }, sdsSocket, protocol === "tcp" ? [] : ["h2", "http/1.1"]),
    ...(validation !== undefined && { requireClientCertificate: true }),
  });
  return create(TransportSocketSchema, { name: SOCKET, configType: { case: "typedConfig", value } });
}

/** The client's side of TLS. */
export function clientTransport(tls: ClientTlsView, protocol: Protocol, sdsSocket: boolean): TransportSocket {
  const value = typed(UpstreamTlsContextSchema, {
    commonTlsContext: context(tls, sdsSocket, SPOKEN[protocol]),
    sni: tls.serverName ?? "",
  });
  return create(TransportSocketSchema, { name: SOCKET, configType: { case: "typedConfig", value } });
}

const SPOKEN: Readonly<Record<Protocol, readonly string[]>> = {
  http: ["http/1.1"],
  http2: ["h2"],
  grpc: ["h2"],
  tcp: [],
};

function context(
  { certificate, validation }: Pick<ClientTlsView, "certificate" | "validation">,
  sdsSocket: boolean,
  alpnProtocols: readonly string[],
): CommonTlsContext {
  return create(CommonTlsContextSchema, {
    tlsParams: PARAMETERS,
    tlsCertificateSdsSecretConfigs: certificate === undefined ? [] : [secret(certificate, sdsSocket)],
    ...(validation !== undefined && {
      validationContextType: { case: "combinedValidationContext", value: checked(validation, sdsSocket) },
    }),
    alpnProtocols: [...alpnProtocols],
  });
}

/**
 * What may be spoken, and which keys certificates may have. Envoy's own: as a client no TLS 1.3, so that servers that speak nothing else are not
 * reached, and no certificate with a key of P-384, P-521 or Ed25519, without a word.
 */
const PARAMETERS = {
  tlsMinimumProtocolVersion: TlsParameters_TlsProtocol.TLSv1_2,
  tlsMaximumProtocolVersion: TlsParameters_TlsProtocol.TLSv1_3,
  ecdhCurves: ["X25519MLKEM768", "X25519", "P-256", "P-384", "P-521"],
  signatureAlgorithms: [
    "ecdsa_secp256r1_sha256",
    "rsa_pss_rsae_sha256",
    "rsa_pkcs1_sha256",
    "ecdsa_secp384r1_sha384",
    "rsa_pss_rsae_sha384",
    "rsa_pkcs1_sha384",
    "ecdsa_secp521r1_sha512",
    "rsa_pss_rsae_sha512",
    "rsa_pkcs1_sha512",
    "ed25519",
    "rsa_pkcs1_sha1",
  ],
} satisfies MessageInitShape<typeof TlsParametersSchema>;

function checked({ trust, names }: ValidationView, sdsSocket: boolean) {
  return {
    defaultValidationContext: { matchTypedSubjectAltNames: names.flatMap(nameMatchers) },
    validationContextSdsSecretConfig: secret(trust, sdsSocket),
  };
}

type NameMatcher = MessageInitShape<typeof SubjectAltNameMatcherSchema>;

/**
 * App Mesh did not say of which kind a name is: it counts as DNS name and as URI, and where it is one as an address. A certificate for
 * `*.example.com` is for a name of that domain too, as Envoy compares DNS names.
 */
function nameMatchers(name: string): readonly NameMatcher[] {
  const { DNS, IP_ADDRESS, URI } = SubjectAltNameMatcher_SanType;
  if (name.startsWith("*.")) {
    const matchPattern = { case: "suffix", value: name.slice(1) } as const;
    return [{ sanType: DNS, matcher: { matchPattern, ignoreCase: true } }];
  }
  const exact = (value: string) => ({ matchPattern: { case: "exact", value } }) as const;
  const named = [DNS, URI].map((sanType) => ({ sanType, matcher: exact(name) }));
  return isIP(name) === 0 ? named : [...named, { sanType: IP_ADDRESS, matcher: exact(asEnvoyWrites(name)) }];
}

/** An address of IPv6 has many spellings, and Envoy compares the shortest one, letter by letter. */
function asEnvoyWrites(address: string): string {
  return isIP(address) === 6 ? new SocketAddress({ address, family: "ipv6" }).address : address;
}

/** Where Envoy asks for a secret. */
function secret(
  source: CertificateView | TrustView,
  sdsSocket: boolean,
): MessageInitShape<typeof SdsSecretConfigSchema> {
  if (source.kind === "sds" && sdsSocket) return { name: source.secretName, sdsConfig: OF_THE_POD };
  return { name: secretName(source), sdsConfig: OF_THE_STREAM };
}

type Source = MessageInitShape<typeof ConfigSourceSchema>;

/** How long a listener or cluster waits for its secrets before it is used without; connections that need one are closed until it comes. */
const PATIENCE = seconds(5);

const OF_THE_STREAM = {
  configSourceSpecifier: { case: "ads", value: {} },
  initialFetchTimeout: PATIENCE,
  resourceApiVersion: ApiVersion.V3,
} as const satisfies Source;

const OF_THE_POD = {
  configSourceSpecifier: {
    case: "apiConfigSource",
    value: {
      apiType: ApiConfigSource_ApiType.GRPC,
      transportApiVersion: ApiVersion.V3,
      grpcServices: [{ targetSpecifier: { case: "envoyGrpc", value: { clusterName: SDS_CLUSTER } } }],
      setNodeOnFirstMessageOnly: true,
    },
  },
  initialFetchTimeout: PATIENCE,
  resourceApiVersion: ApiVersion.V3,
} as const satisfies Source;
