/** Lengths and times of day in words. */

/** Seconds as 4:05, or 1:02:30 from an hour on. */
export function clockOf(seconds: number): string {
  const whole = Math.round(seconds);
  const hours = Math.floor(whole / 3600);
  const minutes = Math.floor((whole % 3600) / 60);
  const two = (part: number): string => String(part).padStart(2, "0");
  return hours ? `${hours}:${two(minutes)}:${two(whole % 60)}` : `${minutes}:${two(whole % 60)}`;
}

/** Seconds in words for a length of a night: 1 h 50. */
export function lengthOf(seconds: number): string {
  const minutes = Math.round(seconds / 60);
  const hours = Math.floor(minutes / 60);
  return hours ? `${hours} h ${String(minutes % 60).padStart(2, "0")}` : `${minutes} min`;
}

/** A time of day, some seconds after another: 20:30 and 600 make 20:40. */
export function timeAfter(start: string, seconds: number): string {
  const [h = 0, m = 0] = start.split(":").map(Number);
  const minutes = (h * 60 + m + Math.floor(seconds / 60)) % 1440;
  return `${String(Math.floor(minutes / 60)).padStart(2, "0")}:${String(minutes % 60).padStart(2, "0")}`;
}
