import { z } from 'zod';
import type { Module, PowerContext } from '../../sim/module.ts';
import type { PowerPolicy } from '../../sim/ports.ts';
import { clockFloors, follow } from './follow.ts';

const carbon = () => z.number().min(0).optional();

const options = z
  .strictObject({
    ...clockFloors,
    lowGramsPerKWh: carbon().describe('full clock at so much CO2 and below (default: the lowest of the region), g/kWh'),
    highGramsPerKWh: carbon().describe(
      'lowest clock at so much CO2 and above (default: the highest of the region), g/kWh',
    ),
  })
  .refine(({ lowGramsPerKWh: low, highGramsPerKWh: high }) => low === undefined || high === undefined || low < high, {
    error: 'is not above lowGramsPerKWh — write the higher figure here',
    path: ['highGramsPerKWh'],
  });

export const followCarbon: Module<PowerPolicy, z.infer<typeof options>, PowerContext> = {
  name: 'follow-carbon',
  summary:
    'full clock while electricity of the region is clean, lower in proportion the dirtier it is, down to a floor',
  options,
  create: ({ lowGramsPerKWh: low, highGramsPerKWh: high, ...floors }, { electricityOfPool }) =>
    follow(
      { ...floors, low, high },
      electricityOfPool.map(({ gramsPerKWh }) => gramsPerKWh),
    ),
};
