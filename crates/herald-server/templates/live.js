"use strict";
(() => {
  const login = document.getElementById("login");
  let isLeaving = false;
  const reload = () => {
    // Once: a second navigation would cut off the first, whose answer may be the one that signs the person in.
    if (isLeaving) return;
    isLeaving = true;
    location.replace(login.dataset.address);
  };

  // Where Herald is away for a moment, the page stays as it is: there is nothing to be seen at its address, and no way back.
  let isAsking = false;
  const reloadOnceThere = async () => {
    if (isAsking) return;
    isAsking = true;
    for (;;) {
      const patience = { method: "HEAD", signal: AbortSignal.timeout(10000) };
      const answer = await fetch(login.dataset.events, patience).catch(() => null);
      if (answer && answer.status < 500) return reload();
      await new Promise((wake) => setTimeout(wake, 5000));
    }
  };

  const line = login.querySelector(".status");
  let words = line.textContent;
  let failures = 0;
  const show = (text) => {
    // Only what is new: some screen readers say every change.
    if (line.textContent !== text) line.textContent = text;
  };

  const events = new EventSource(login.dataset.events);
  events.addEventListener("open", () => {
    failures = 0;
    show(words);
  });
  events.addEventListener("status", (event) => {
    const status = JSON.parse(event.data).status;
    if (status === "opened") {
      words = login.dataset.opened;
      show(words);
    } else if (status !== "pending") {
      events.close();
      reload();
    }
  });
  events.addEventListener("error", () => {
    failures += 1;
    const isClosed = events.readyState === EventSource.CLOSED;
    // Once is nothing: every line ends some time, and the browser begins another by itself.
    if (failures > 1 || isClosed) show(login.dataset.lost);
    // It does not if the answer was no stream: then the page finds out why.
    if (isClosed) setTimeout(reloadOnceThere, 5000);
  });

  const end = performance.now() + 1000 * Number(login.dataset.secondsLeft);
  const left = document.getElementById("left");
  let isOver = false;
  const tick = () => {
    const seconds = Math.max(0, Math.ceil((end - performance.now()) / 1000));
    left.textContent = Math.floor(seconds / 60) + ":" + String(seconds % 60).padStart(2, "0");
    if (seconds === 0 && !isOver) {
      isOver = true;
      setTimeout(reloadOnceThere, 3000);
    }
  };
  setInterval(tick, 1000);

  // A tab that slept in the background may have missed everything.
  document.addEventListener("visibilitychange", () => {
    if (!document.hidden && events.readyState === EventSource.CLOSED) reloadOnceThere();
  });

  // A phone cannot scan its own screen: there the codes are behind a tap.
  const wide = matchMedia("(min-width: 40rem)");
  const fold = () => {
    document.getElementById("codes").open = wide.matches;
  };
  wide.addEventListener("change", fold);
  fold();

  if (navigator.clipboard) {
    for (const button of document.querySelectorAll(".copy")) {
      button.hidden = false;
      button.addEventListener("click", async () => {
        await navigator.clipboard.writeText(button.dataset.text);
        button.textContent = login.dataset.copied;
      });
    }
  }
})();
