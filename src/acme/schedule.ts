import type { Facts } from './bundle.ts'

const MINUTE = 60_000
const HOUR = 60 * MINUTE

/** The longest that is slept: then the clock, which may have jumped, is looked at again. */
export const LONGEST_SLEEP: number = HOUR

/**
 * When a certificate is renewed: with a third of its lifetime left, or up to a thirtieth of it earlier, so that not all
 * come at the same time. @param random From 0 to 1.
 */
export function renewalTime({ from, until }: Facts, random: number): number {
  const lifetime = until - from
  return until - lifetime / 3 - (random * lifetime) / 30
}

const PAUSES: readonly number[] = [MINUTE, 10 * MINUTE, HOUR, 2 * HOUR, 4 * HOUR, 8 * HOUR, 12 * HOUR]

/**
 * Milliseconds until the next try after so many failures in a row, and up to a quarter more: soon at first, never more
 * often than hourly from the third on. An authority may refuse a name for hours after five failures in one hour.
 * @param random From 0 to 1.
 */
export function pauseAfter(failures: number, random: number): number {
  const pause = PAUSES[Math.min(Math.max(failures, 1), PAUSES.length) - 1] ?? HOUR
  return pause + (random * pause) / 4
}
