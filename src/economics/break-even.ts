/** What is compared; USD per accelerator and hour, whether it works or not. */
export interface OwnOrRent {
  readonly ownedUsdPerHour: number;
  readonly rentUsdPerHour: number;
  /** Of owning, whatever its size: staff, contracts. */
  readonly fixedUsdPerMonth: number;
  /** Share of the owned hours that do work, in (0, 1]. */
  readonly useShare: number;
}

/**
 * Accelerator-hours of work per month from which owning is cheaper than renting hour by hour, where only hours of work
 * are rented: H = fixed / (rent − owned / use). Infinite when an hour of work costs more on one's own.
 */
export function breakEvenAgainstOnDemand({
  ownedUsdPerHour,
  rentUsdPerHour,
  fixedUsdPerMonth,
  useShare,
}: OwnOrRent): number {
  return monthly(fixedUsdPerMonth, rentUsdPerHour - ownedUsdPerHour / useShare);
}

/** The same against a committed rent, which is due for idle hours, too: H = fixed / ((rent − owned) / use). */
export function breakEvenAgainstCommitted({
  ownedUsdPerHour,
  rentUsdPerHour,
  fixedUsdPerMonth,
  useShare,
}: OwnOrRent): number {
  return monthly(fixedUsdPerMonth, (rentUsdPerHour - ownedUsdPerHour) / useShare);
}

/** The least share of owned hours that must do work for owning to pay at any size, against renting hour by hour. */
export function leastUseShare({
  ownedUsdPerHour,
  rentUsdPerHour,
}: Pick<OwnOrRent, 'ownedUsdPerHour' | 'rentUsdPerHour'>): number {
  return ownedUsdPerHour / rentUsdPerHour;
}

function monthly(fixedUsd: number, savedUsdPerHour: number): number {
  return savedUsdPerHour > 0 ? fixedUsd / savedUsdPerHour : Infinity;
}
