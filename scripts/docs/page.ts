/** A page of documentation that is written out of the source. */
export interface Page {
  /** Relative to the repository. */
  readonly path: string;
  /** The whole page, with a line break at its end. */
  readonly render: () => string;
}
