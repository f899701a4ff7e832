// The name of a device, from what its User-Agent says.

const BROWSERS = [
  [/\bEdg(e|A|iOS)?\//, 'Edge'],
  [/\b(OPR|Opera)\//, 'Opera'],
  [/\bSamsungBrowser\//, 'Samsung Internet'],
  [/\b(Firefox|FxiOS)\//, 'Firefox'],
  [/\bHeadlessChrome\//, 'Chrome'],
  [/\b(Chrome|CriOS|Chromium)\//, 'Chrome'],
  [/\bVersion\/.*\bSafari\//, 'Safari'],
];
const SYSTEMS = [
  [/\biPhone\b/, 'iPhone'],
  [/\biPad\b/, 'iPad'],
  [/\bAndroid\b/, 'Android'],
  [/\bWindows\b/, 'Windows'],
  [/\b(Macintosh|Mac OS X)\b/, 'macOS'],
  [/\bCrOS\b/, 'ChromeOS'],
  [/\bLinux\b/, 'Linux'],
];

const named = (table, said) => table.find(([sign]) => sign.test(said))?.[1];

// A program has no browser's name: then its own, such as “curl/8.5”.
export function deviceName(said) {
  const [browser, system] = [named(BROWSERS, said), named(SYSTEMS, said)];
  if (browser && system) return `${browser} on ${system}`;
  return browser ?? system ?? (said.split(' ')[0].slice(0, 40) || 'Unknown device');
}
