import { z } from 'zod';
import type { Module, PowerContext } from '../../sim/module.ts';
import type { PowerPolicy } from '../../sim/ports.ts';
import { clockFloors, follow } from './follow.ts';

const price = () => z.number().optional();

const options = z
  .strictObject({
    ...clockFloors,
    lowUsdPerKWh: price().describe('full clock at this price and below (default: the lowest of the region), USD/kWh'),
    highUsdPerKWh: price().describe(
      'lowest clock at this price and above (default: the highest of the region), USD/kWh',
    ),
  })
  .refine(({ lowUsdPerKWh: low, highUsdPerKWh: high }) => low === undefined || high === undefined || low < high, {
    error: 'is not above lowUsdPerKWh — write the higher price here',
    path: ['highUsdPerKWh'],
  });

export const followPrice: Module<PowerPolicy, z.infer<typeof options>, PowerContext> = {
  name: 'follow-price',
  summary: 'full clock while electricity of the region is cheap, lower in proportion the dearer it is, down to a floor',
  options,
  create: ({ lowUsdPerKWh: low, highUsdPerKWh: high, ...floors }, { electricityOfPool }) =>
    follow(
      { ...floors, low, high },
      electricityOfPool.map(({ usdPerKWh }) => usdPerKWh),
    ),
};
