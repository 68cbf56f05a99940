import { z } from "zod";
import { condition } from "./conditions.ts";
import { port, text } from "./field-types.ts";

/* TLS of listeners and of clients, the same at virtual nodes and virtual gateways. */

const path = text(1, 255);

const certificateFile = z
  .object({
    certificateChain: path.describe("Path of the certificate chain in the container of Envoy."),
    privateKey: path.describe("Path of its private key there."),
  })
  .describe("A certificate in files.");
const certificateSds = z
  .object({ secretName: z.string().describe("Name of the secret.") })
  .describe("A certificate from the pod's own SDS server.");
const trustFile = z
  .object({ certificateChain: path.describe("Path of the trusted certificates in the container of Envoy.") })
  .describe("Trusted certificates in a file.");
const trustSds = z
  .object({ secretName: z.string().describe("Name of the secret.") })
  .describe("Trusted certificates from the pod's own SDS server.");
const trustAcm = z
  .object({
    certificateAuthorityARNs: z.array(z.string()).min(1).max(3).describe("ARNs of the authorities."),
  })
  .describe("Trusted authorities of AWS Certificate Manager.");

const subjectAlternativeNames = z
  .object({ match: z.object({ exact: z.array(z.string()).describe("Names of which one must be there.") }) })
  .describe("Names that the other side's certificate must carry.");

const ANY_NAME = "a certificate may carry any name";

/** What a listener asks of its clients' certificates; the CRD of gateways has `acm` here too, which App Mesh had not. */
function listenerValidation<T extends z.ZodType>(trust: T) {
  return z
    .object({
      subjectAlternativeNames: subjectAlternativeNames.optional(),
      trust: trust.describe("Who signs the clients' certificates."),
    })
    .meta(condition("subjectAlternativeNames", ANY_NAME))
    .describe("Clients must show a certificate (mutual TLS).");
}

function listenerTls<T extends z.ZodType>(validation: T) {
  return z
    .object({
      certificate: z
        .object({
          acm: z
            .object({ certificateARN: z.string().describe("ARN of the certificate.") })
            .describe("A certificate of AWS Certificate Manager.")
            .optional(),
          file: certificateFile.optional(),
          sds: certificateSds.optional(),
        })
        .describe("The listener's certificate; one of the three."),
      mode: z
        .enum(["DISABLED", "PERMISSIVE", "STRICT"])
        .describe("Whether the listener speaks TLS: never, both ways, or always."),
      validation: validation.optional(),
    })
    .meta(condition("validation", "clients need no certificate"))
    .describe("TLS of the listener.");
}

export const nodeListenerTls = listenerTls(
  listenerValidation(z.object({ file: trustFile.optional(), sds: trustSds.optional() })),
);
export const gatewayListenerTls = listenerTls(
  listenerValidation(z.object({ acm: trustAcm.optional(), file: trustFile.optional(), sds: trustSds.optional() })),
);
export type ListenerTls = z.output<typeof gatewayListenerTls>;

export const clientPolicy = z
  .object({
    tls: z
      .object({
        certificate: z
          .object({ file: certificateFile.optional(), sds: certificateSds.optional() })
          .describe("The client's own certificate.")
          .optional(),
        enforce: z.boolean().describe("Whether TLS is a must; absent: it is.").optional(),
        ports: z.array(port).describe("Ports of the target that this is for; absent or empty: all.").optional(),
        validation: z
          .object({
            subjectAlternativeNames: subjectAlternativeNames.optional(),
            trust: z
              .object({ acm: trustAcm.optional(), file: trustFile.optional(), sds: trustSds.optional() })
              .describe("Who signs the servers' certificates; one of the three."),
          })
          .meta(condition("subjectAlternativeNames", ANY_NAME))
          .describe("How the server's certificate is checked."),
      })
      .describe("TLS of the client.")
      .optional(),
  })
  .describe("How connections to the backend are made.");
export type ClientPolicy = z.output<typeof clientPolicy>;

export const backendDefaults = z
  .object({ clientPolicy: clientPolicy.optional() })
  .describe("What counts for every backend that says nothing of its own.");
