// Quantities as people read them.

// "72m", "1.25": cores in the form of Kubernetes.
export function cpu(cores: number): string {
  if (cores < 0) return `−${cpu(-cores)}`;
  if (cores === 0) return "0";
  if (cores < 0.001) return "<1m";
  if (cores < 0.9995) return `${Math.round(cores * 1000)}m`;
  return trimmed(cores, cores < 10 ? 2 : 1);
}

export function millicores(amount: number): string {
  return cpu(amount / 1000);
}

const units = ["B", "KiB", "MiB", "GiB", "TiB", "PiB"];

// "734 MiB", "1.5 GiB": three significant digits.
export function bytes(amount: number): string {
  if (amount < 0) return `−${bytes(-amount)}`;
  let unit = 0;
  while (amount >= 999.5 && unit < units.length - 1) {
    amount /= 1024;
    unit += 1;
  }
  return `${trimmed(amount, amount >= 100 || unit === 0 ? 0 : amount >= 10 ? 1 : 2)} ${units[unit]}`;
}

// A figure in words, or a dash where it is not known.
export function known<Figure>(figure: Figure | null, words: (figure: Figure) => string): string {
  return figure === null ? "–" : words(figure);
}

// "0 %", "<1 %", "71 %".
export function share(part: number): string {
  if (part <= 0) return "0 %";
  if (part < 0.01) return "<1 %";
  return `${Math.round(part * 100)} %`;
}

// "0.07 %": for what is meant to be small.
export function smallShare(part: number): string {
  return `${trimmed(part * 100, 2)} %`;
}

export function count(amount: number): string {
  return amount.toLocaleString("en-US").replace(/,/g, "\u202f");
}

export function money(amount: number, currency: string): string {
  return `${amount < 0 ? "−" : ""}${Math.abs(amount).toFixed(Math.abs(amount) < 100 ? 2 : 0)} ${currency}`;
}

// "45 s", "3 min", "2 h 5 min", "3 d 4 h": two units at most.
export function duration(seconds: number): string {
  const s = Math.max(0, Math.round(seconds));
  if (s < 90) return `${s} s`;
  const minutes = Math.round(s / 60);
  if (minutes < 60) return `${minutes} min`;
  const hours = Math.floor(minutes / 60);
  if (hours < 24) return two(hours, "h", minutes % 60, "min");
  return two(Math.floor(hours / 24), "d", hours % 24, "h");
}

// "93 ms", "4.2 s".
export function shortTime(seconds: number): string {
  if (seconds === 0) return "0";
  return seconds < 1 ? `${trimmed(seconds * 1000, seconds < 0.01 ? 1 : 0)} ms` : `${trimmed(seconds, 1)} s`;
}

export function clock(instant: string | number): string {
  return new Date(instant).toLocaleTimeString([], { hour: "2-digit", minute: "2-digit", second: "2-digit", hour12: false });
}

// "14:05"
export function hoursAndMinutes(seconds: number): string {
  return new Date(seconds * 1000).toLocaleTimeString([], { hour: "2-digit", minute: "2-digit", hour12: false });
}

export function dateAndClock(instant: string): string {
  return new Date(instant).toLocaleString([], { dateStyle: "medium", timeStyle: "medium", hour12: false } as Intl.DateTimeFormatOptions);
}

function two(a: number, aUnit: string, b: number, bUnit: string): string {
  return b === 0 ? `${a} ${aUnit}` : `${a} ${aUnit} ${b} ${bUnit}`;
}

function trimmed(value: number, digits: number): string {
  const text = value.toFixed(digits);
  return text.includes(".") ? text.replace(/\.?0+$/, "") : text;
}
