// Something the reader of the output can put right: it is printed as one sentence, without a stack.
export class Failure extends Error {}
