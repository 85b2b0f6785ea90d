import { powerMutants } from './power-mutants.ts';
import { testMutants } from './shown.ts';

testMutants(powerMutants);
