/** Runs a job when asked, one at a time and at most once in `millis`; what comes meanwhile is one more run. */
export function paced(job: () => Promise<void>, millis: number): () => void {
  let running = false;
  let again = false;
  const run = async () => {
    running = true;
    again = false;
    await job().catch(() => {});
    setTimeout(() => {
      running = false;
      if (again) void run();
    }, millis);
  };
  return () => {
    if (running) again = true;
    else void run();
  };
}
