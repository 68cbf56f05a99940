import { setTimeout as wait } from "node:timers/promises";
import { type AdmissionServer, serveAdmission } from "../../admission/server.ts";
import type { CertificateSource } from "../../pki/certificate-source.ts";
import type { ListenAddress } from "../../serving/listen-address.ts";
import { MUTATE_PATH, type ObjectAnswering, objectReviewAnswerer, VALIDATE_PATH } from "./answer-object-review.ts";
import { OBJECT_WEBHOOK_LIMITS } from "./limits.ts";

export interface ObjectWebhookParts extends ObjectAnswering {
  readonly certificate: CertificateSource;
  readonly tlsError: () => void;
}

export interface ObjectWebhook {
  readonly address: ListenAddress;
  /**
   * Stops within so many milliseconds: goes on answering for a share of it, until every API server knows that this replica leaves, and
   * finishes what has begun. Where nobody is connected it stops at once.
   */
  stop(milliseconds: number, lingerShare: number): Promise<void>;
}

/** Serves reviews of App Mesh objects over HTTPS, with the certificate that sidecars know. Rejects when the address cannot be had. */
export async function serveObjectWebhook(listen: ListenAddress, parts: ObjectWebhookParts): Promise<ObjectWebhook> {
  const { certificate, metrics, log, tlsError } = parts;
  const server: AdmissionServer = await serveAdmission(listen, {
    credentials: certificate.current(),
    paths: [MUTATE_PATH, VALIDATE_PATH],
    answerer: objectReviewAnswerer(parts),
    bounds: OBJECT_WEBHOOK_LIMITS,
    log,
    metrics: { answered: (ending, reason) => metrics.answered(ending, reason), tlsError },
  });
  const unfollow = certificate.onChange((credentials) => server.use(credentials));
  // one that came while the listener was starting
  server.use(certificate.current());
  return {
    address: server.address,
    async stop(milliseconds, lingerShare) {
      unfollow();
      server.retire();
      const deadline = setTimeout(() => server.destroy(), milliseconds);
      if (server.connections() > 0) await wait(milliseconds * lingerShare);
      await server.drain();
      clearTimeout(deadline);
    },
  };
}
