import { featureMutants } from './feature-mutants.ts';
import { testMutants } from './shown.ts';

testMutants(featureMutants);
