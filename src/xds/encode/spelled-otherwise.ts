import { clone } from "@bufbuild/protobuf";
import { type Secret, SecretSchema } from "../generated/envoy/extensions/transport_sockets/tls/v3/secret_pb.js";

/** Two other ways to write a secret that watches a folder, which mean the same; none of other secrets. */
export function spelledOtherwise(secret: Secret): readonly Secret[] {
  return ["/", "//"].flatMap((end) => {
    const other = clone(SecretSchema, secret);
    const { case: kind, value } = other.type;
    if (kind === undefined || kind === "genericSecret" || value.watchedDirectory === undefined) return [];
    value.watchedDirectory.path += end;
    return [other];
  });
}
