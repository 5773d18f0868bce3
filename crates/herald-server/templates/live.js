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

  const events = new EventSource(login.dataset.events);
  events.addEventListener("status", (event) => {
    const status = JSON.parse(event.data).status;
    if (status === "opened") {
      login.querySelector(".status").textContent = login.dataset.opened;
    } else if (status !== "pending") {
      events.close();
      reload();
    }
  });
  events.addEventListener("error", () => {
    // The browser reconnects by itself, unless the answer was no stream: then the page finds out why.
    if (events.readyState === EventSource.CLOSED) setTimeout(reload, 5000);
  });

  const end = performance.now() + 1000 * Number(login.dataset.secondsLeft);
  const left = document.getElementById("left");
  let isOver = false;
  const tick = () => {
    const seconds = Math.max(0, Math.ceil((end - performance.now()) / 1000));
    left.textContent = Math.floor(seconds / 60) + ":" + String(seconds % 60).padStart(2, "0");
    if (seconds === 0 && !isOver) {
      isOver = true;
      setTimeout(reload, 3000);
    }
  };
  setInterval(tick, 1000);

  // A tab that slept in the background may have missed everything.
  document.addEventListener("visibilitychange", () => {
    if (!document.hidden && events.readyState === EventSource.CLOSED) reload();
  });

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
