import { mutants } from './mutants.ts';
import { testMutants } from './shown.ts';

testMutants(mutants);
