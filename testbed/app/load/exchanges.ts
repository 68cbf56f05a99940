/** One kind of load, ready to send. */
export interface Exchanges {
  /** Sends one and resolves when it was answered, failed or took too long; never rejects. */
  readonly exchange: () => Promise<void>;
  readonly close: () => void;
}
