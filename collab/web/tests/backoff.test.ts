/** Waits that grow, are spread, and keep to what the server asks for. */

import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { Backoff } from "../sdk/backoff";

beforeEach(() => void vi.spyOn(Math, "random").mockReturnValue(0.5));
afterEach(() => void vi.restoreAllMocks());

test("each wait is twice the last, up to the longest", () => {
  const backoff = new Backoff(500, 3_000);
  expect([1, 2, 3, 4, 5].map(() => backoff.delay_ms())).toEqual([500, 1_000, 2_000, 3_000, 3_000]);
  backoff.reset();
  expect(backoff.delay_ms()).toBe(500);
});

test("waits are spread over half to one and a half", () => {
  vi.mocked(Math.random).mockReturnValueOnce(0).mockReturnValueOnce(0.999);
  expect(new Backoff(1_000, 1_000).delay_ms()).toBe(500);
  expect(new Backoff(1_000, 1_000).delay_ms()).toBeCloseTo(1_499);
});

test("what the server asks for is kept to, and a little more", () => {
  const problem = { code: "rate_limited", message: "", details: { retry_after: 4 } };
  expect(new Backoff(500, 3_000).delay_ms(problem)).toBe(4_500);
  vi.mocked(Math.random).mockReturnValue(0);
  expect(new Backoff(500, 3_000).delay_ms(problem)).toBe(4_000);
});
