// Numbers and tables as Markdown. Rows are told as they come.

/** Begins a table. */
export function columns(...names) {
  console.log('');
  row(...names);
  console.log(`|${names.map((_, column) => (column === 0 ? '---' : '---:')).join('|')}|`);
}

export function row(...cells) {
  console.log(`| ${cells.join(' | ')} |`);
}

/** Tells what could not be measured, behind a table. */
export function problems(problems) {
  for (const problem of problems) console.log(`\nNot measured: ${problem}`);
}

/** Three digits that count, or all before the point. */
export function number(value) {
  if (value === undefined || Number.isNaN(value)) return '–';
  const digits = value >= 100 ? 0 : value >= 10 ? 1 : 2;
  return Number(value.toFixed(digits)).toLocaleString('en', { minimumFractionDigits: digits, maximumFractionDigits: digits });
}

export const times = (value) => (value === undefined || Number.isNaN(value) ? '–' : `${number(value)}×`);
