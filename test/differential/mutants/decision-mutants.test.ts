import { decisionMutants } from './decision-mutants.ts';
import { testMutants } from './shown.ts';

testMutants(decisionMutants);
