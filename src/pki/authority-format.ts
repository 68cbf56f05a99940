import { createHash, createPrivateKey, X509Certificate } from "node:crypto";
import { type Json, type JsonObject, listOf, member, stringOf } from "../model/json.ts";
import { AuthorityError } from "./authority-error.ts";
import type { ActiveRoot, AuthorityState, NewRoot, NextRoot, PreviousRoot } from "./authority-state.ts";
import { MOST_ROOTS } from "./policy.ts";

/** The one key of an authority's Secret. */
export const STATE_KEY = "authority.json";
const VERSION = 1;

/** The text that an authority's Secret holds; docs/certificates.md describes it. */
export function formatState({ active, next, previous }: AuthorityState): string {
  const document = {
    version: VERSION,
    active: { since: active.since, certificate: active.certificate, key: active.key },
    ...(next !== undefined && {
      next: {
        since: next.since,
        ...(next.delivered !== undefined && { delivered: next.delivered }),
        certificate: next.certificate,
        key: next.key,
      },
    }),
    previous: previous.map(({ since, until, certificate }) => ({ since, until, certificate })),
  };
  return `${JSON.stringify(document, null, 2)}\n`;
}

/**
 * Reads that text and checks every certificate and key in it; `where` is for messages, which never quote the content. Throws
 * {@link AuthorityError}.
 */
export function parseState(text: string, where: string): AuthorityState {
  const malformed = (what: string): AuthorityError =>
    new AuthorityError(
      "malformed",
      `${where}: ${what}; put the Secret back from a backup, or delete it so that a new authority is made`,
    );
  const document = jsonOf(text);
  if (document === undefined) throw malformed("it is not JSON");
  const version = member(document, "version");
  if (version !== VERSION) {
    if (typeof version !== "number") throw malformed("it has no format version");
    throw new AuthorityError(
      "version",
      `${where}: format version ${version}, expected ${VERSION}: it was written by a newer release; run that one`,
    );
  }
  const root = (value: Json | undefined, place: string) => {
    const facts = certificateFacts(stringOf(member(value, "certificate")) ?? "");
    if (facts === undefined) throw malformed(`${place} has no certificate of an authority`);
    return { ...facts, since: instant(value, "since", place) };
  };
  const instant = (value: Json | undefined, key: string, place: string): Date => {
    const date = new Date(stringOf(member(value, key)) ?? "");
    if (Number.isNaN(date.getTime())) throw malformed(`${place}.${key} is not an instant`);
    return date;
  };
  const signing = (value: Json | undefined, place: string): ActiveRoot => {
    const found = root(value, place);
    const key = stringOf(member(value, "key")) ?? "";
    if (!fits(found.certificate, key)) throw malformed(`${place} has no key that fits its certificate`);
    return { ...found, key };
  };
  const waiting = (value: Json): NextRoot => ({
    ...signing(value, "next"),
    delivered: member(value, "delivered") === undefined ? undefined : instant(value, "delivered", "next"),
  });
  const former = (value: Json, index: number): PreviousRoot => {
    const place = `previous[${index}]`;
    return { ...root(value, place), until: instant(value, "until", place) };
  };
  const previous = listOf(member(document, "previous"));
  if (previous.length > MOST_ROOTS) {
    throw malformed(`it has ${previous.length} previous roots, expected at most ${MOST_ROOTS}`);
  }
  const next = member(document, "next");
  return {
    active: signing(member(document, "active"), "active"),
    next: next === undefined ? undefined : waiting(next),
    previous: previous.map(former),
  };
}

/** A root's certificate alone, whatever stood around it; undefined when the text has no certificate of an authority. */
export function certificateFacts(pem: string): Pick<NewRoot, "id" | "certificate" | "notAfter"> | undefined {
  try {
    const certificate = new X509Certificate(pem);
    if (!certificate.ca) return undefined;
    const id = createHash("sha256").update(certificate.raw).digest("hex").slice(0, 16);
    return { id, certificate: `${certificate.toString().trim()}\n`, notAfter: new Date(certificate.validTo) };
  } catch {
    return undefined;
  }
}

function fits(certificate: string, key: string): boolean {
  try {
    return new X509Certificate(certificate).checkPrivateKey(createPrivateKey(key));
  } catch {
    return false;
  }
}

function jsonOf(text: string): JsonObject | undefined {
  try {
    const value = JSON.parse(text) as Json;
    return typeof value === "object" && value !== null && !Array.isArray(value) ? (value as JsonObject) : undefined;
  } catch {
    return undefined;
  }
}
