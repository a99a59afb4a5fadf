// Keeps the lists up to date: waits for the office to change, then takes the new lists out of this page's own address.
// What is being read or written is left alone.
(async () => {
  let version = Number(document.body.dataset.version);
  for (;;) {
    try {
      const answer = await fetch("/changes?since=" + version);
      if (!answer.ok) throw new Error(answer.status);
      const now = (await answer.json()).version;
      if (now === version) continue;
      version = now;
      const page = await (await fetch(location.href)).text();
      const fresh = new DOMParser().parseFromString(page, "text/html");
      for (const id of ["accounts", "list"]) {
        const old = document.getElementById(id), top = old.scrollTop;
        old.replaceWith(document.adoptNode(fresh.getElementById(id)));
        document.getElementById(id).scrollTop = top;
      }
    } catch {
      await new Promise((later) => setTimeout(later, 2000)); // the demo is stopping or starting
    }
  }
})();
