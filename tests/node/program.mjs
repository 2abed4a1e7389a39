// Starts Purser's program and ends it again.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { after } from 'node:test';

const program = process.env.PURSER_PROGRAM;
if (!program) throw new Error('PURSER_PROGRAM must name the program; tests/peers/run and tests/pages/run set it');

// Whatever a failed test left running: it would keep the process from ending.
const running = new Set();
const clear = () => running.forEach((child) => child.kill('SIGKILL'));
process.on('exit', clear);
after(clear);

/** A running program, once it has said where it listens. */
export class Program {
  #child;
  #ended;
  #said = '';

  /** Starts `purser WORDS…` and waits for a line on standard output that `ready` matches. */
  static async start(words, ready, environment = {}) {
    const started = new Program();
    started.#child = spawn(program, words, {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, ...environment },
    });
    running.add(started.#child);
    started.#ended = once(started.#child, 'exit').then(([code, signal]) => {
      running.delete(started.#child);
      return { code, signal };
    });
    started.#child.stderr.on('data', (data) => (started.#said += data));
    started.match = await new Promise((resolve, reject) => {
      createInterface({ input: started.#child.stdout }).on('line', (line) => {
        started.#said += `${line}\n`;
        const match = ready.exec(line);
        if (match) resolve(match);
      });
      started.#ended.then(({ code, signal }) =>
        reject(new Error(`purser ${words.join(' ')} ended (${code ?? signal}): ${started.#said}`)));
    });
    return started;
  }

  /** Ends it with a signal and waits for its end. */
  async end(signal = 'SIGTERM') {
    this.#child.kill(signal);
    return this.#ended;
  }
}

/** Runs `purser WORDS…` to its end. */
export async function run(words) {
  const child = spawn(program, words, { stdio: ['ignore', 'pipe', 'pipe'] });
  running.add(child);
  let out = '';
  let problems = '';
  child.stdout.on('data', (data) => (out += data));
  child.stderr.on('data', (data) => (problems += data));
  const [code] = await once(child, 'close');
  running.delete(child);
  return { code, out, problems };
}
