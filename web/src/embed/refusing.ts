import type { Failure, FailureCode } from '../../embed/src/protocol';
import { asProblem } from '../api/client';

/** What cannot be done, as it is told. */
export class Refused extends Error {
  constructor(readonly code: FailureCode, message: string) { super(message); }
}

/** What the server said of a request, in the words of the protocol. */
export function refusal(error: unknown, code: FailureCode): Refused {
  const problem = asProblem(error);
  if (problem.status === 0) return new Refused('server.unreachable', 'the map server does not answer; try again later');
  const isAboutIt = problem.status < 500 && problem.status !== 429;
  return new Refused(isAboutIt ? code : 'server.refused', problem.detail || problem.title);
}

export const refusedAs = (code: FailureCode) => (error: unknown): never => { throw refusal(error, code); };

export function failureOf(error: unknown): Failure {
  const { code, message } = error instanceof Refused ? error : refusal(error, 'server.refused');
  return { code, message };
}
