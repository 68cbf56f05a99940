/** What is asked about: what a client sends, and where it connects to. Texts are bytes, a character for each (Latin-1), as Envoy reads them. */
export type SentRequest = HttpSent | TcpSent;

interface Destination {
  /** Of the URL: what the client looks up, in its own spelling; of IPv6 without brackets. */
  readonly host: string;
  /** Port that is called. */
  readonly port: number;
}

export interface HttpSent extends Destination {
  readonly kind: "http";
  /** Of the connection: whether the client speaks TLS itself. */
  readonly scheme: "http" | "https";
  readonly method: string;
  /** `Host`, or `:authority`: of the URL, or of a header that says otherwise. */
  readonly authority: string;
  /** With the query; begins with a slash. */
  readonly path: string;
  /** In the order of sending; names in small letters, a name as often as it is sent. */
  readonly headers: readonly Header[];
}

/** A connection whose bytes nobody reads. */
export interface TcpSent extends Destination {
  readonly kind: "tcp";
}

export interface Header {
  readonly name: string;
  readonly value: string;
}
