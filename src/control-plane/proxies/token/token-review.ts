import type { KubeClient } from "../../../kube/client.ts";
import { type Json, listOf, member, stringOf } from "../../../model/json.ts";
import { TOKEN_AUDIENCE } from "../../../model/names.ts";
import { StreamClosed } from "../../../xds/serve/stream-closed.ts";
import { CONTROL_PLANE_LIMITS } from "../../limits.ts";
import type { PodBearer } from "./jwt.ts";

/** Keys of `status.user.extra` (https://kubernetes.io/docs/reference/access-authn-authz/service-accounts-admin/#additional-metadata-in-pod-bound-tokens). */
const POD_NAME = "authentication.kubernetes.io/pod-name";
const POD_UID = "authentication.kubernetes.io/pod-uid";

/**
 * Asks the API server whether a token is genuine, and whether it is the one of whom it says. Rejects with
 * {@link StreamClosed}: `bad-signature` when it is not, `token-not-checkable` when nobody can tell now.
 */
export async function reviewToken(
  client: KubeClient,
  token: string,
  bearer: PodBearer,
  signal: AbortSignal,
): Promise<void> {
  const review = await client
    .send({
      method: "POST",
      path: "/apis/authentication.k8s.io/v1/tokenreviews",
      body: {
        apiVersion: "authentication.k8s.io/v1",
        kind: "TokenReview",
        spec: { token, audiences: [TOKEN_AUDIENCE] },
      },
      signal,
      timeout: CONTROL_PLANE_LIMITS.question,
    })
    .catch((error: unknown) => {
      throw new StreamClosed("token-not-checkable", "the API server cannot be asked about the token now: try again", {
        cause: error,
      });
    });
  const status = member(review, "status");
  const isOurs = listOf(member(status, "audiences")).includes(TOKEN_AUDIENCE);
  if (member(status, "authenticated") !== true || !isOurs || !isOf(member(status, "user"), bearer)) {
    throw new StreamClosed("bad-signature", "the API server does not take the token for genuine");
  }
}

function isOf(user: Json | undefined, bearer: PodBearer): boolean {
  const extra = member(user, "extra");
  const first = (key: string): Json | undefined => listOf(member(extra, key))[0];
  return (
    stringOf(member(user, "username")) === `system:serviceaccount:${bearer.namespace}:${bearer.serviceAccount}` &&
    first(POD_NAME) === bearer.pod &&
    first(POD_UID) === bearer.podUid
  );
}
