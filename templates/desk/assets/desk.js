// The desk's own script: times in the reader's zone, keys, live updates, drafts, preview. Every page works without it.
"use strict";
(() => {
  const $ = (selector, from = document) => from.querySelector(selector);
  const $$ = (selector, from = document) => [...from.querySelectorAll(selector)];
  const root = document.documentElement;
  root.classList.add("scripts");

  // Pages of our own host are the only HTML that is ever parsed here.
  const policy = window.trustedTypes
    ? window.trustedTypes.createPolicy("desk", { createHTML: (html) => html })
    : { createHTML: (html) => html };
  const parse = (html) => new DOMParser().parseFromString(policy.createHTML(html), "text/html");

  /* Times: the server writes them in the firm's zone; here they become the reader's, and stay true. */
  const minute = 60e3, hour = 60 * minute, day = 24 * hour;
  const span = (ms) => ms < minute ? "now" : ms < hour ? `${Math.floor(ms / minute)} min` : ms < day ? `${Math.floor(ms / hour)} h` : `${Math.floor(ms / day)} d`;
  const exact = new Intl.DateTimeFormat(undefined, { dateStyle: "full", timeStyle: "short" });
  const clock = (t) => t.toLocaleTimeString("en-GB", { hour: "2-digit", minute: "2-digit" });
  const date = (t, withYear) => t.toLocaleDateString("en-GB", { day: "numeric", month: "short", ...(withYear && { year: "numeric" }) });
  const forms = {
    age: (t, now) => span(now - t),
    ago: (t, now) => now - t < minute ? "just now" : `${span(now - t)} ago`,
    due: (t, now) => Math.abs(t - now) < minute ? "due now" : t < now ? `${span(now - t)} over` : `in ${span(t - now)}`,
    day: (t) => date(t, true),
    short: (t, now) => {
      const today = new Date(now);
      if (t.toDateString() === today.toDateString()) return clock(t);
      return t.getFullYear() === today.getFullYear() ? `${date(t)} ${clock(t)}` : date(t, true);
    },
  };
  const tellTimes = (from = document) => {
    const now = Date.now();
    for (const el of $$("time[data-form]", from)) {
      const t = new Date(el.dateTime);
      if (isNaN(t)) continue;
      const text = forms[el.dataset.form]?.(t, now);
      if (text && el.textContent !== text) el.textContent = text;
      if (el.dataset.form !== "due") continue;
      const holder = el.parentElement;
      for (const tone of ["grey", "amber", "red"]) holder.classList.toggle(`tone-${tone}`, tone === (t < now ? "red" : t - now < 2 * hour ? "amber" : "grey"));
    }
  };
  const exactTitles = (from = document) => {
    for (const el of $$("time[data-form]", from)) el.title = exact.format(new Date(el.dateTime));
  };
  tellTimes();
  exactTitles();
  setInterval(tellTimes, 30e3);

  /* A line that says what was done is said once. */
  if (new URLSearchParams(location.search).has("done")) {
    const url = new URL(location);
    url.searchParams.delete("done");
    url.searchParams.delete("ref");
    history.replaceState(history.state, "", url);
  }

  /* Queue: a selected row, remembered for the way back. Case references name no person. */
  const rows = () => $$(".row");
  const selectedRow = () => $(".row.selected");
  const select = (row, scroll = true) => {
    if (!row) return;
    selectedRow()?.classList.remove("selected");
    row.classList.add("selected");
    sessionStorage.setItem("selected", row.dataset.ref);
    if (scroll) row.scrollIntoView({ block: "nearest" });
    peek(row.dataset.ref);
  };
  // On a wide screen the selected case opens at the right, to be read; Enter opens it whole.
  const wide = matchMedia("(min-width: 1600px)");
  let peeking = 0, peeked = null;
  const peek = (ref) => {
    const pane = $("#pane");
    if (!pane || !wide.matches) return;
    clearTimeout(peeking);
    peeking = setTimeout(async () => {
      peeked?.abort();
      peeked = new AbortController();
      try {
        const r = await fetch(`/cases/${ref}`, { headers: { "X-Desk-Live": "1" }, redirect: "manual", signal: peeked.signal });
        if (!r.ok) return;
        const page = parse(await r.text());
        const parts = ["h1", ".case-read", "#alerts", "#messages", "#facts"].map((selector) => $(selector, page)).filter(Boolean);
        for (const el of parts.flatMap((part) => [part, ...part.querySelectorAll("*")])) {
          for (const name of ["id", "data-live", "data-newest", "data-code"]) el.removeAttribute(name);
        }
        const heading = document.createElement("h2");
        heading.append(...parts[0].childNodes);
        parts[0] = heading;
        const top = pane.dataset.ref === ref ? pane.scrollTop : 0;
        tellTimes(page);
        pane.replaceChildren(...parts);
        pane.dataset.ref = ref;
        pane.hidden = false;
        pane.scrollTop = top;
      } catch { /* left for another case */ }
    }, 80);
  };
  const rememberRows = () => {
    if (!$("#rows")) return;
    sessionStorage.setItem("rows", JSON.stringify(rows().map((row) => row.dataset.ref)));
    sessionStorage.setItem("queue", location.pathname + location.search);
    const was = sessionStorage.getItem("selected");
    const row = rows().find((r) => r.dataset.ref === was);
    if (row) select(row, false);
    else if (wide.matches && rows().length) select(rows()[0], false);
  };
  rememberRows();
  const here = document.body.dataset.ref;
  if (here) {
    sessionStorage.setItem("selected", here);
    const back = $(".back"), queue = sessionStorage.getItem("queue");
    if (back && queue?.startsWith("/queue")) back.href = queue;
    const talk = $("#talk"), open = $$(".msg[open]").at(-1);
    if (talk && open && !location.hash && !$(".refused")) talk.scrollTop = Math.max(0, open.offsetTop - talk.offsetTop - 8);
  }
  const move = (by) => {
    if ($("#rows")) {
      const all = rows(), at = all.indexOf(selectedRow());
      select(all[at < 0 ? (by > 0 ? 0 : all.length - 1) : Math.min(all.length - 1, Math.max(0, at + by))]);
    } else if (here) {
      const refs = JSON.parse(sessionStorage.getItem("rows") || "[]"), at = refs.indexOf(here);
      const to = refs[at + by];
      if (at >= 0 && to) location.href = `/cases/${to}`;
    }
  };
  const openRow = () => {
    const row = selectedRow();
    if (row) location.href = $(".row-ref", row).href;
  };
  const act = (verb) => {
    const form = $(`form[name="${verb}"]`);
    if (form) return form.requestSubmit();
    const row = selectedRow(), shared = $("#act");
    if (!row || !shared) return;
    shared.action = `/cases/${row.dataset.ref}/${verb}`;
    shared.elements.back.value = location.pathname + location.search;
    shared.submit();
  };

  /* Writing */
  const write = (tab) => {
    const radio = $(`#tab-${tab}`);
    if (!radio) return false;
    radio.checked = true;
    const field = $(`.panel-${tab} textarea`);
    field.focus();
    field.setSelectionRange(field.value.length, field.value.length);
    return true;
  };
  for (const radio of $$(".tab")) radio.addEventListener("change", () => write(radio.id.slice(4)));

  if (location.hash === "#tab-answer") {
    history.replaceState(history.state, "", location.pathname + location.search);
    write("answer");
  }

  const answer = $('form[name="answer"]');
  if (answer) {
    const field = answer.elements.body, said = $("#draft-state");
    let kept = field.value, timer = 0, sent = false;
    const keep = async () => {
      clearTimeout(timer);
      if (sent || field.value === kept) return;
      const body = field.value;
      try {
        const r = await fetch(answer.dataset.draft, { method: "POST", keepalive: body.length < 15000, headers: { "X-Desk-Live": "1" }, body: new URLSearchParams({ body }) });
        if (!r.ok) throw new Error();
        kept = body;
        said.textContent = body.trim() ? "Draft kept." : "";
      } catch {
        said.textContent = "The draft could not be kept; it is only here.";
      }
    };
    field.addEventListener("input", () => {
      said.textContent = "";
      clearTimeout(timer);
      timer = setTimeout(keep, 1000);
    });
    field.addEventListener("blur", keep);
    addEventListener("pagehide", keep);
    answer.addEventListener("submit", () => { sent = true; clearTimeout(timer); });
    if (kept && !$(".refused")) said.textContent = "Draft kept.";
  }
  // A second press must not send a second time.
  addEventListener("submit", (e) => {
    if (e.defaultPrevented || e.target.method !== "post") return;
    if (e.target.dataset.going) return e.preventDefault();
    e.target.dataset.going = "1";
    setTimeout(() => delete e.target.dataset.going, 4000);
  });

  const preview = async (form) => {
    const pane = $("#preview"), page = $(".case");
    if (!form.elements.body.value.trim()) return form.elements.body.focus();
    try {
      const r = await fetch(form.dataset.preview, { method: "POST", headers: { "X-Desk-Live": "1" }, body: new URLSearchParams(new FormData(form)) });
      const fresh = $("#preview", parse(await r.text()));
      if (!r.ok || !fresh?.firstElementChild) throw new Error();
      pane.replaceChildren(...fresh.childNodes);
      page.classList.add("has-preview");
      pane.scrollIntoView({ block: "nearest" });
    } catch {
      form.requestSubmit($("[data-do=preview]", form)); // the page itself says what is wrong
    }
  };
  const closePreview = () => {
    if (!$(".has-preview")) return false;
    $(".case").classList.remove("has-preview");
    return true;
  };
  let previewTimer = 0;
  addEventListener("input", (e) => {
    const form = e.target.closest("form[data-preview]");
    if (!form || !$(".has-preview")) return;
    clearTimeout(previewTimer);
    previewTimer = setTimeout(() => preview(form), 700);
  });

  addEventListener("change", (e) => { if (e.target.matches(".filters select")) e.target.form.requestSubmit(); });

  /* Clicks */
  addEventListener("click", (e) => {
    const what = e.target.closest("[data-do], [data-copy], .mention[data-code]");
    if (!what) {
      for (const menu of $$(".menu[open]")) if (!menu.contains(e.target)) menu.open = false;
      return;
    }
    if (what.dataset.do === "keys") return $("#keys").showModal();
    if (what.dataset.do === "close-preview") return closePreview();
    if (what.dataset.do === "preview") {
      e.preventDefault();
      return preview(what.form);
    }
    if (what.dataset.copy) {
      const was = what.lastChild.textContent;
      navigator.clipboard?.writeText(what.dataset.copy).then(() => {
        what.lastChild.textContent = "Copied";
        setTimeout(() => { what.lastChild.textContent = was; }, 1500);
      });
      return;
    }
    // A mention opens its code beside the case instead of leaving it.
    const code = what.dataset.code && document.getElementById(what.dataset.code);
    if (code && !e.ctrlKey && !e.metaKey && !e.shiftKey) {
      e.preventDefault();
      code.open = true;
      code.scrollIntoView({ block: "nearest" });
    }
  });
  // Pointing at a mention lights its code, and the other way round.
  const light = (e, on) => {
    const el = e.target.closest?.(".mention[data-code], .code");
    if (!el) return;
    const id = el.dataset.code || el.id;
    document.getElementById(id)?.classList.toggle("lit", on);
    for (const m of $$(`.mention[data-code="${CSS.escape(id)}"]`)) m.classList.toggle("lit", on);
  };
  addEventListener("pointerover", (e) => light(e, true));
  addEventListener("pointerout", (e) => light(e, false));
  addEventListener("focusin", (e) => light(e, true));
  addEventListener("focusout", (e) => light(e, false));

  /* Keys */
  let chord = 0;
  addEventListener("keydown", (e) => {
    const field = e.target.closest("input:not([type=radio]), textarea, select");
    if ((e.ctrlKey || e.metaKey) && e.key === "Enter" && field?.form) {
      e.preventDefault();
      return field.form.requestSubmit();
    }
    if (e.ctrlKey || e.metaKey || e.altKey || e.isComposing) return;
    if (e.key === "Escape") {
      if (field) return field.blur();
      if (closePreview()) return;
      for (const menu of $$(".menu[open]")) menu.open = false;
      return;
    }
    if (field || $("dialog[open]")) return;
    if (Date.now() - chord < 1200) {
      chord = 0;
      const to = { q: "/queue", i: "/intake", o: "/outbox", c: "/codes" }[e.key];
      if (to) { e.preventDefault(); location.href = to; return; }
    }
    const onControl = e.target.closest("a, button, summary, [role=button]");
    const keys = {
      j: () => move(1), k: () => move(-1), ArrowDown: $("#rows") && (() => move(1)), ArrowUp: $("#rows") && (() => move(-1)),
      Enter: !onControl && selectedRow() && openRow, o: selectedRow() && openRow,
      u: here && (() => { location.href = $(".back").href; }),
      c: () => act("claim"), e: () => act("close"),
      // In a list only of what was set aside: a settled case is not reopened by a slip of the finger.
      m: ($('form[name="reopen"]') || new URLSearchParams(location.search).get("view") === "set_aside") && (() => act("reopen")),
      r: () => { if (!write("answer") && selectedRow()) location.href = $(".row-ref", selectedRow()).href + "#tab-answer"; }, a: () => write("ask"), n: () => write("note"),
      p: () => { const form = $(".tab:checked") && $(`.panel-${$(".tab:checked").id.slice(4)}[data-preview]`); if (form && !closePreview()) preview(form); },
      "/": () => { const find = $(".find input"); find?.focus(); find?.select(); },
      "?": () => $("#keys")?.showModal(), g: () => { chord = Date.now(); },
    };
    const run = keys[e.key];
    if (!run) return;
    e.preventDefault();
    run();
  });

  /* Live: an event says that something changed; the page is read again and its live parts are put in place. What is
     being typed is never in one. */
  const swap = (fresh) => {
    for (const old of $$("[data-live]")) {
      const now = fresh.getElementById(old.id);
      if (!now || old.contains(document.activeElement) && document.activeElement.matches("input, textarea, select")) continue;
      tellTimes(now);
      exactTitles(now);
      const strip = (el) => el.innerHTML.replace(/<time[^>]*>[^<]*<\/time>/g, "")
        .replace(/ (?:selected|lit)(?=[" ])/g, "").replace(/ (?:open|data-touched|data-going)="[^"]*"/g, "");
      for (const details of $$("details[id]", old)) {
        const twin = now.querySelector(`#${CSS.escape(details.id)}`);
        if (twin) twin.open = details.open || twin.open && !details.dataset.touched;
      }
      if (strip(old) === strip(now)) continue;
      const focus = old.contains(document.activeElement) ? document.activeElement.id || document.activeElement.getAttribute("href") : null;
      old.replaceChildren(...now.childNodes);
      for (const { name, value } of now.attributes) old.setAttribute(name, value);
      if (focus) (document.getElementById(focus) || $(`[href="${CSS.escape(focus)}"]`, old))?.focus({ preventScroll: true });
    }
    rememberRows();
    const seen = $('form[name="answer"] [name=seen]')?.value, newest = $("#messages")?.dataset.newest, moved = $("#moved");
    if (moved && seen) moved.hidden = seen === newest;
    root.dataset.refreshed = String(Number(root.dataset.refreshed || 0) + 1);
  };
  addEventListener("toggle", (e) => { if (e.target.id) e.target.dataset.touched = "1"; }, true);
  const signedOut = () => {
    if ($("#signed-out")) return;
    const line = document.createElement("div"), text = document.createElement("p"), link = document.createElement("a");
    line.id = "signed-out";
    line.className = "notice tone-amber";
    line.setAttribute("role", "alert");
    text.textContent = "You are signed out. What you have written stays here: ";
    link.href = "/login";
    link.target = "_blank";
    link.textContent = "sign in in another tab";
    text.append(link, ", then go on.");
    line.append(text);
    $("main").prepend(line);
  };
  let reading = false, again = false, failures = 0;
  const refresh = async () => {
    if (reading) { again = true; return; }
    reading = true;
    try {
      // The answer to a form shows a case under the form's address; the case itself is read again.
      const r = await fetch(here ? `/cases/${here}?seen=${$("#messages")?.dataset.since ?? 0}` : location.href, { headers: { "X-Desk-Live": "1" }, redirect: "manual", signal: AbortSignal.timeout(15e3) });
      if (r.ok) {
        $("#signed-out")?.remove();
        swap(parse(await r.text()));
        failures = 0;
      } else if (r.type === "opaqueredirect") signedOut();
      else throw new Error();
    } catch {
      // The server is restarting, or the way to it is broken: try again, less and less often.
      setTimeout(refresh, Math.min(60e3, 1e3 * 2 ** failures++));
    }
    reading = false;
    if (again) { again = false; refresh(); }
  };
  let soon = 0;
  const changed = ({ refs }) => {
    if (here && refs.length && !refs.includes(here)) return;
    if (!$("[data-live]")) return;
    clearTimeout(soon);
    soon = setTimeout(refresh, 60);
  };
  // One stream for all tabs, since browsers open only six connections to a host: the tab that holds the lock listens and
  // tells the others. A page that is left gives both back, also when the browser keeps it in memory.
  const channel = window.BroadcastChannel ? new BroadcastChannel("desk") : null;
  channel?.addEventListener("message", (e) => changed(e.data));
  let stream = null, leave = () => {};
  const listen = () => {
    stream = new EventSource(document.body.dataset.events);
    stream.addEventListener("changed", (e) => {
      const data = JSON.parse(e.data);
      changed(data);
      channel?.postMessage(data);
    });
    // A stream that was refused is not opened again by the browser itself. The page is read at once: it tells whether one
    // has been signed out, and shows what was missed.
    stream.addEventListener("error", () => {
      if (stream?.readyState !== EventSource.CLOSED) return;
      refresh();
      setTimeout(() => stream && listen(), 5e3);
    });
  };
  const attend = () => {
    if (!document.body.dataset.events || !window.EventSource) return;
    if (!navigator.locks || !channel) return listen();
    const gone = new AbortController();
    leave = () => gone.abort();
    navigator.locks.request("desk-events", { signal: gone.signal }, () => new Promise((release) => {
      leave = release;
      listen();
    })).catch(() => {}); // left before it was this tab's turn
  };
  addEventListener("pagehide", () => {
    stream?.close();
    stream = null;
    leave();
  });
  addEventListener("pageshow", (e) => {
    if (!e.persisted) return;
    attend();
    refresh(); // what it shows was true when it was left
  });
  attend();
})();
