import { isDeepStrictEqual } from "node:util";
import type { BodyParts } from "../admission/answer.ts";
import type { PodFacts } from "../model/facts.ts";
import { type JsonObject, member } from "../model/json.ts";
import type { AdmissionAnswer } from "./admission.ts";
import { type BodyTemplate, filledIn, TOKEN_VOLUME } from "./body-template.ts";
import { LIMITS } from "./limits.ts";
import { decodeReview, type Review } from "./review.ts";

/** The answer to every body of one template, as long as the facts are the same. */
export interface RememberedAnswer {
  readonly template: Buffer;
  /** As it was read, without the pod; the UID is that of the first. */
  readonly review: Omit<Review, "object">;
  /** What the look-up of facts needs of the pod. */
  readonly owned: JsonObject;
  readonly facts: PodFacts;
  readonly admission: Pick<AdmissionAnswer, "outcome" | "reason">;
  /** The answer's text before and after the UID. */
  readonly before: string;
  readonly after: Buffer;
}

/** One decision, with all that it followed from. */
export interface Decided {
  readonly review: Review;
  readonly facts: PodFacts;
  readonly admission: AdmissionAnswer;
  readonly body: BodyParts;
}

/** Decides about a review with these facts. Pure. */
export type Decide = (review: Review, facts: PodFacts) => Pick<Decided, "admission" | "body">;

/** Stands in the places of the body that an answer is tried with; letters that are in no name that Kubernetes makes. */
const TRIED = { uid: "00000000-aaaa-eeee-0000-aaaaaaaaaaaa", suffix: "aeiou", time: "2000-01-01T00:00:00Z" };
/** Of an entry, beside template and answer: facts are shared with the caches. */
const ENTRY_BYTES = 2048;

/**
 * Answers that need not be decided again: pods of one Deployment differ in strings that no rule reads and in the UID, which is repeated.
 * That it exists shows in nothing but time. It holds at most {@link LIMITS.rememberedAnswers} answers, the most recent ones.
 */
export class RememberedAnswers {
  readonly #decide: Decide;
  readonly #answers = new Map<number, RememberedAnswer>();
  /** Hashes of templates, each in its place: the next one with the same place takes it. */
  readonly #seen = new Uint32Array(LIMITS.seenTemplates);
  #bytes = 0;

  constructor(decide: Decide) {
    this.#decide = decide;
  }

  /** The answer to this template, whatever the facts were. */
  find({ hash, bytes }: BodyTemplate): RememberedAnswer | undefined {
    const known = this.#answers.get(hash);
    if (known === undefined || !known.template.equals(bytes)) return undefined;
    // last in the order of the map: the first is the one that was not asked for the longest
    this.#answers.delete(hash);
    this.#answers.set(hash, known);
    return known;
  }

  /** Keeps a decision if such a body came before, and the answer to another of its template differs in nothing but the UID. */
  keep(template: BodyTemplate, decided: Decided): void {
    const place = template.hash & (LIMITS.seenTemplates - 1);
    const before = this.#seen[place];
    this.#seen[place] = template.hash;
    if (before !== template.hash) return;
    this.#remove(template.hash);
    const answer = remembered(template, decided);
    if (answer === undefined || !this.#holds(answer, template, decided)) return;
    this.#answers.set(template.hash, answer);
    this.#bytes += sizeOf(answer);
    for (const oldest of this.#answers.keys()) {
      if (this.#bytes <= LIMITS.rememberedBytes && this.#answers.size <= LIMITS.rememberedAnswers) return;
      this.#remove(oldest);
    }
  }

  /** Bytes and number of what is held. */
  get size(): { readonly bytes: number; readonly answers: number } {
    return { bytes: this.#bytes, answers: this.#answers.size };
  }

  /** Whether the answer holds for a body with other strings in the places, decided from the beginning. */
  #holds(answer: RememberedAnswer, template: BodyTemplate, { review, facts }: Decided): boolean {
    // a name that is written in another place or in another way could be the next pod's
    if (JSON.stringify(review.object).split(TOKEN_VOLUME).length - 1 !== template.names) return false;
    const tried = decodeReview(filledIn(template.bytes, TRIED.uid, TRIED.suffix, TRIED.time));
    if (tried.kind !== "review") return false;
    const { object, ...rest } = tried.review;
    if (!isDeepStrictEqual(rest, { ...answer.review, uid: TRIED.uid })) return false;
    if (!isDeepStrictEqual(ownedPart(object as JsonObject), answer.owned)) return false;
    const { admission, body } = this.#decide(tried.review, facts);
    const { outcome, reason } = admission;
    const expected = [answer.before, TRIED.uid, answer.after];
    return isDeepStrictEqual({ outcome, reason }, answer.admission) && joined(body).equals(joined(expected));
  }

  #remove(hash: number): void {
    const answer = this.#answers.get(hash);
    if (answer === undefined) return;
    this.#answers.delete(hash);
    this.#bytes -= sizeOf(answer);
  }
}

/** The remembered answer for another review of its template. */
export function repeated({ before, after }: RememberedAnswer, uid: string): BodyParts {
  return [`${before}${uid}`, after];
}

function remembered(template: BodyTemplate, { review, facts, admission, body }: Decided): RememberedAnswer | undefined {
  const { object, ...rest } = review;
  const text = joined(body);
  const at = text.indexOf(review.uid);
  if (review.uid !== template.uid || at === -1) return undefined;
  return {
    template: Buffer.from(template.bytes),
    review: rest,
    owned: ownedPart(object as JsonObject),
    facts,
    admission: { outcome: admission.outcome, reason: admission.reason },
    before: text.toString("utf8", 0, at),
    after: text.subarray(at + review.uid.length),
  };
}

/** See `LookUp`: facts follow from nothing else of the pod. */
function ownedPart(pod: JsonObject): JsonObject {
  const ownerReferences = member(member(pod, "metadata"), "ownerReferences");
  return { metadata: ownerReferences === undefined ? {} : { ownerReferences } };
}

function joined(pieces: BodyParts): Buffer {
  return Buffer.concat(pieces.map((piece) => (typeof piece === "string" ? Buffer.from(piece) : piece)));
}

function sizeOf({ template, before, after }: RememberedAnswer): number {
  return template.length + before.length + after.length + ENTRY_BYTES;
}
