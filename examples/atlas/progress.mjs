// A line that shows how far a long task is: redrawn on a terminal, printed once
// at the end elsewhere.
const width = 30;

export function bar(title, total) {
  const start = performance.now();
  let done = 0;

  const line = () => {
    const seconds = (performance.now() - start) / 1000;
    const full = Math.round((width * done) / total);
    const rate = Math.round(done / Math.max(seconds, 0.001));
    return (
      `${title.padEnd(10)}${'█'.repeat(full)}${'░'.repeat(width - full)} ` +
      `${done.toLocaleString('en')} of ${total.toLocaleString('en')} in ${seconds.toFixed(1)} s (${rate.toLocaleString('en')}/s)`
    );
  };
  return {
    add(n) {
      done += n;
      if (process.stdout.isTTY) process.stdout.write(`\r${line()}\x1b[K`);
    },
    end() {
      process.stdout.write(process.stdout.isTTY ? '\n' : `${line()}\n`);
    },
  };
}
