import { byRank } from './by-rank.ts';

export const fcfs = byRank('fcfs', 'first come, first served', () => 0);
