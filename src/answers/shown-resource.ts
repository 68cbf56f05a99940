import { X509Certificate } from "node:crypto";
import { isObject, type Json, type JsonObject, member, numberOf, objectsOf, stringOf } from "../model/json.ts";
import type { ResourceType } from "../xds/types.ts";
import { addressesIn } from "./config-dump.ts";
import type { ResourceWords } from "./resource-words.ts";

/** What is in a resource, as Envoy's JSON has it, for a person: a line each. Never a key: of secrets who they are for, and until when. */
export function shownResource(
  type: ResourceType,
  message: JsonObject | undefined,
  words: ResourceWords,
): readonly string[] {
  if (message === undefined) return [];
  switch (type) {
    case "route":
      return objectsOf(message.virtual_hosts).flatMap((host) => hostLines(host, words));
    case "cluster":
      return clusterLines(message);
    case "endpoints":
      return addressesIn(message);
    case "listener":
      return listenerLines(message);
    case "secret":
      return secretLines(message);
    default:
      return [];
  }
}

function hostLines(host: JsonObject, words: ResourceWords): readonly string[] {
  const domains = listed(host.domains).filter((domain) => !domain.endsWith(".") || domain === ".");
  const routes = objectsOf(host.routes).map((route) => `${matchText(route.match)} -> ${actionText(route, words)}`);
  return [domains.join(", "), ...(routes.length === 0 ? ["  no route: 404"] : routes.map((line) => `  ${line}`))];
}

function matchText(match: Json | undefined): string {
  const [prefix, path] = [stringOf(member(match, "prefix")), stringOf(member(match, "path"))];
  const regex = stringOf(member(member(match, "safe_regex"), "regex"));
  const place =
    path !== undefined ? `path ${path}` : regex !== undefined ? `path ~ ${regex}` : `prefix ${prefix ?? "/"}`;
  const headers = objectsOf(member(match, "headers")).map(({ name }) => `header ${stringOf(name) ?? ""}`);
  const query = objectsOf(member(match, "query_parameters")).map(({ name }) => `query ${stringOf(name) ?? ""}`);
  return [place, ...headers, ...query].join(", ");
}

function actionText(route: JsonObject, words: ResourceWords): string {
  const status = numberOf(member(route.direct_response, "status"));
  if (status !== undefined) return `answered with ${status}`;
  const cluster = stringOf(member(route.route, "cluster"));
  if (cluster !== undefined) return words("cluster", cluster);
  const weighted = objectsOf(member(member(route.route, "weighted_clusters"), "clusters"));
  return weighted
    .map(({ name, weight }) => `${words("cluster", stringOf(name) ?? "")} ${numberOf(weight) ?? 0}`)
    .join(", ");
}

function clusterLines(cluster: JsonObject): readonly string[] {
  const own = stringOf(member(cluster.cluster_type, "name"));
  const type = own === "envoy.clusters.dns" ? "DNS" : (stringOf(cluster.type) ?? own ?? "STATIC");
  const names = objectsOf(member(cluster.load_assignment, "endpoints")).flatMap((locality) =>
    addressesIn({ endpoints: [locality] }),
  );
  const socket = stringOf(member(cluster.transport_socket, "name"));
  const checks = objectsOf(cluster.health_checks).length > 0 ? ["health checks"] : [];
  const outliers = isObject(cluster.outlier_detection) ? ["outlier detection"] : [];
  const tls = socket?.endsWith(".tls") === true ? ["TLS"] : [];
  return [
    [`found by ${type}${names.length === 0 ? "" : ` (${names.join(", ")})`}`, ...tls, ...checks, ...outliers].join(
      "; ",
    ),
  ];
}

function listenerLines(listener: JsonObject): readonly string[] {
  const socket = member(listener.address, "socket_address");
  const at = `at ${stringOf(member(socket, "address")) ?? ""}:${numberOf(member(socket, "port_value")) ?? 0}`;
  const chains = objectsOf(listener.filter_chains).flatMap(({ name }) => stringOf(name) ?? []);
  return [`${at}; chains ${[...new Set(chains)].join(", ")}`];
}

/** Subject, names and end of each certificate that stands inside; of one in a file its path. */
function secretLines(secret: JsonObject): readonly string[] {
  const certificate = member(secret.tls_certificate, "certificate_chain");
  const trusted = member(secret.validation_context, "trusted_ca");
  const source = isObject(certificate) ? certificate : trusted;
  const file = stringOf(member(source, "filename"));
  if (file !== undefined) return [`file ${file}`];
  return certificatesOf(source).map((one) => {
    const names = one.subjectAltName === undefined ? "" : `; ${one.subjectAltName.replaceAll("DNS:", "")}`;
    const subject = one.subject.replaceAll("\n", ", ");
    return `${subject || "no subject"}${names}; until ${new Date(one.validTo).toISOString()}`;
  });
}

const PEM = /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g;

/** Of a chain the first one, which is its own; of roots all. */
function certificatesOf(source: Json | undefined): readonly X509Certificate[] {
  const bytes = stringOf(member(source, "inline_bytes"));
  const text = stringOf(member(source, "inline_string")) ?? Buffer.from(bytes ?? "", "base64").toString();
  return [...text.matchAll(PEM)].flatMap(([pem]) => {
    try {
      return [new X509Certificate(pem)];
    } catch {
      return [];
    }
  });
}

function listed(value: Json | undefined): readonly string[] {
  return Array.isArray(value) ? (value as readonly Json[]).flatMap((one) => stringOf(one) ?? []) : [];
}
