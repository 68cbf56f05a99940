/** Every bound of an answer, each with its reason. */
export const ANSWER_LIMITS = {
  /** Problems that are printed as text: as many as somebody reads; JSON has all. */
  printedProblems: 200,
  /** Notes that are printed as text: files can give rise to one for each of their objects; JSON has all. */
  printedNotes: 20,
  /** Objects that are named in one line. */
  namedObjects: 8,
  /** Services that a workload would lose, in JSON: of thousands of workloads in a cluster of thousands of Services not the product. */
  listedLost: 100,
  /** Workloads that are printed as text: as many as somebody reads; JSON has all. */
  printedWorkloads: 100,
  /** Lines of one section of an object: as many as somebody reads; JSON has all. */
  printedNeighbours: 100,
  /** Characters of one text out of an object. */
  text: 400,
} as const;
