import { batchingMutants } from './batching-mutants.ts';
import { energyMutants } from './energy-mutants.ts';
import { testMutants } from './shown.ts';

testMutants([...energyMutants, ...batchingMutants]);
