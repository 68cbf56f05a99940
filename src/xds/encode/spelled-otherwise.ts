import { clone } from "@bufbuild/protobuf";
import { type Secret, SecretSchema } from "../generated/envoy/extensions/transport_sockets/tls/v3/secret_pb.js";

/**
 * A secret that watches a folder, written in another way that means the same, in as many as there are numbers; undefined of other secrets.
 * The digits of the number in base two stand at the end of the folder: `/` is 0, `/.` is 1.
 */
export function spelledOtherwise(secret: Secret, way: number): Secret | undefined {
  const other = clone(SecretSchema, secret);
  const { case: kind, value } = other.type;
  if (kind === undefined || kind === "genericSecret" || value.watchedDirectory === undefined) return undefined;
  value.watchedDirectory.path += way.toString(2).replaceAll("0", "/").replaceAll("1", "/.");
  return other;
}

/** What a client says of such a secret, with the folder as it was: it says the same of each way. */
export function spelledPlainly(problem: string): string {
  return problem.replace(/\/\.(?:\/\.?)*(?![\w./-])/g, "");
}
