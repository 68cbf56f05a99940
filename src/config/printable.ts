/** Longer values are cut in messages. */
const LONGEST = 80;

const SECRETS = [
  /-----BEGIN/,
  /\b(AKIA|ASIA)[A-Z0-9]{12,}/,
  /\beyJ[A-Za-z0-9_-]{8,}\./,
  /:\/\/[^/\s]*:[^/\s]*@/,
  /^[A-Za-z0-9+/]{40}$/,
];

/**
 * A value as messages may show it: quoted, without control characters, cut when long, and not at all when it looks like
 * a private key, AWS credentials, a token or an address with a password in it.
 */
export function printable(value: string): string {
  if (SECRETS.some((pattern) => pattern.test(value))) return `(hidden: ${value.length} characters that look secret)`;
  return JSON.stringify(value.length > LONGEST ? `${value.slice(0, LONGEST)}…` : value);
}
