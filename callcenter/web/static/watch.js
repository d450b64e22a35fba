// The watch page: shows the newest picture of the call centre; asks for nothing, decides nothing.
"use strict";
(() => {
  const SILENCE_MS = 12000; // the server speaks every five seconds at least
  const RETRY_MS = 2000;
  const LONG_WAIT_S = 60;
  const GOOD_SERVICE = 0.8;
  const QUEUE_SHOWN = 10;
  const STATES = ["available", "reserved", "on_call", "acw", "paused", "unreachable", "logged_out"];

  const words = JSON.parse(document.body.dataset.words);
  const locale = document.body.dataset.lang === "en" ? "en-GB" : "vi-VN";
  const at = (id) => document.getElementById(id);
  const clock = new Intl.DateTimeFormat(locale, { timeStyle: "medium", timeZone: "Asia/Ho_Chi_Minh" });
  const hour = new Intl.DateTimeFormat(locale, { timeStyle: "short", timeZone: "Asia/Ho_Chi_Minh" });
  const number = new Intl.NumberFormat(locale, { maximumFractionDigits: 1 });
  const share = new Intl.NumberFormat(locale, { style: "percent", maximumFractionDigits: 1 });

  const say = (key, fields = {}) =>
    words[key].replace(/\{(\w+)\}/g, (whole, name) => (name in fields ? fields[name] : whole));
  const known = (value, shown) => (value === null || value === undefined ? "–" : shown(value));
  const duration = (seconds) => {
    const whole = Math.max(0, Math.floor(seconds));
    const minutes = Math.floor(whole / 60);
    const rest = String(whole % 60).padStart(2, "0");
    if (minutes < 60) return `${minutes}:${rest}`;
    return `${Math.floor(minutes / 60)}:${String(minutes % 60).padStart(2, "0")}:${rest}`;
  };

  // Writing only what differs keeps selections, scroll and screen readers undisturbed.
  const write = (node, text) => {
    const wanted = String(text); // text, never HTML: transcripts are the caller's words
    if (node.textContent !== wanted) node.textContent = wanted;
  };
  const put = (node, name, value) => {
    if (node.getAttribute(name) !== value) node.setAttribute(name, value);
  };
  const fill = (list, items, keyOf, parts, draw) => {
    const old = new Map(Array.from(list.children, (row) => [row.dataset.key, row]));
    items.forEach((item, index) => {
      const key = String(keyOf(item));
      let row = old.get(key);
      if (!row) {
        row = document.createElement("li");
        row.dataset.key = key;
        for (const part of parts) {
          const span = document.createElement("span");
          span.className = part;
          row.append(span);
        }
      }
      draw(row, (part, text) => write(row.getElementsByClassName(part)[0], text), item, index);
      if (list.children[index] !== row) list.insertBefore(row, list.children[index] || null);
    });
    while (list.children.length > items.length) list.lastElementChild.remove();
  };
  const fillOr = (list, items, nothing, keyOf, parts, draw) => {
    if (items.length) return fill(list, items, keyOf, parts, draw);
    return fill(list, [nothing], (text) => `nothing:${text}`, ["empty"], (row, set, text) => set("empty", text));
  };

  const isWaiting = (call) => call.state === "waiting" || call.state === "offered";
  const seatState = (seat) => (seat.state !== "logged_out" && !seat.reachable ? "unreachable" : seat.state);
  const stateWord = (state) => (state === "unreachable" ? say("watch.unreachable") : words[`state.${state}`] || state);

  const tile = (name, text, note = "", alert = false) => {
    const box = at(`tile-${name}`);
    write(box.querySelector("b"), text);
    write(box.querySelector("small"), alert ? say("watch.attention") : note);
    box.classList.toggle("alert", alert);
  };
  const showTiles = (calls, all, tickets, aged) => {
    const waiting = calls.filter(isWaiting);
    const longest = waiting.reduce((most, call) => Math.max(most, (call.waited_s || 0) + aged), 0);
    tile("waiting", all ? number.format(waiting.length) : "–");
    tile("longest", all ? duration(longest) : "–", "", longest > LONG_WAIT_S);
    tile("talking", all ? number.format(calls.filter((call) => call.state === "talking").length) : "–");
    tile("asa", known(all?.asa_s, (value) => `${number.format(value)} s`));
    tile("service_level", known(all?.service_level, (value) => share.format(value)), "",
      typeof all?.service_level === "number" && all.service_level < GOOD_SERVICE);
    tile("answered", known(all?.answered, (value) => number.format(value)),
      all ? say("watch.of_offered", { offered: number.format(all.offered) }) : "");
    tile("abandoned", known(all?.abandoned, (value) => number.format(value)),
      all?.offered ? share.format(all.abandoned / all.offered) : "");
    tile("tickets", tickets ? number.format(tickets.today) : "–");
  };

  const showDesks = (desks, aged, nothing) => {
    const ordered = [...desks].sort((a, b) =>
      (a.state === "logged_out") - (b.state === "logged_out") || a.agent.localeCompare(b.agent));
    const counted = STATES.map((state) => [state, desks.filter((seat) => seatState(seat) === state).length])
      .filter(([, count]) => count);
    write(at("desks-count"), desks.length ? say("watch.seated", {
      seated: desks.filter((seat) => seat.state !== "logged_out").length, desks: desks.length,
    }) : "");
    fill(at("legend"), counted, ([state]) => state, ["mark", "count", "word"], (row, set, [state, count]) => {
      put(row, "data-state", state);
      set("count", count);
      set("word", stateWord(state));
    });
    fillOr(at("desks"), ordered, nothing, (seat) => seat.agent, ["mark", "agent", "since", "name", "state"],
      (row, set, seat) => {
        const state = seatState(seat);
        const reason = seat.reason && state === "paused" ? ` · ${words[`reason.${seat.reason}`] || seat.reason}` : "";
        put(row, "data-state", state);
        put(row, "title", seat.name);
        set("agent", seat.agent);
        set("since", state === "logged_out" ? "" : duration(seat.since_s + aged));
        set("name", seat.name);
        set("state", stateWord(state) + reason);
      });
  };

  const showQueue = (calls, titles, aged, nothing) => {
    const waiting = calls.filter(isWaiting).sort((a, b) => b.waited_s - a.waited_s);
    const rows = waiting.slice(0, QUEUE_SHOWN);
    if (waiting.length > rows.length) rows.push({ call: "more", more: waiting.length - rows.length });
    fillOr(at("queue"), rows, nothing, (call) => call.call, ["place", "where", "rings", "wait"],
      (row, set, call, index) => {
        put(row, "class", call.more ? "more" : "");
        set("place", call.more ? "" : index + 1);
        set("where", call.more ? say("watch.more", { count: number.format(call.more) }) : titles[call.queue] || call.queue || "");
        set("rings", call.state === "offered" && call.agent ? say("watch.rings_at", { agent: call.agent }) : "");
        set("wait", call.more ? "" : duration((call.waited_s || 0) + aged));
      });
  };

  const showAlarms = (count) =>
    write(at("alarms"), count ? `${say("watch.alarms", { count: number.format(count) })}. ${say("watch.alarms_means")}` : "");

  const showTickets = (tickets, nothing) => {
    fillOr(at("tickets"), tickets ? tickets.latest : [], nothing, (ticket) => ticket.code,
      ["code", "time", "text", "about"], (row, set, ticket) => {
        const missing = say(ticket.transcript_status === "pending" ? "watch.transcript_pending" : "watch.transcript_none");
        const about = [words[`ticket.state.${ticket.state}`] || ticket.state, ticket.operator, ticket.alias];
        put(row, "class", ticket.text ? "" : "wordless");
        set("code", ticket.code);
        set("time", hour.format(new Date(ticket.opened_at)));
        set("text", ticket.text || missing);
        set("about", about.filter(Boolean).join(" · "));
      });
  };

  const seen = { switchboard: null, switchboardAt: 0, tickets: null, picture: null, lost: false };

  const trouble = () => {
    if (seen.lost) return "lost";
    if (!seen.picture) return "unknown";
    if (!seen.picture.switchboard) return "away";
    return seen.picture.switchboard.link === "up" ? "link_up" : "link_down";
  };
  const showLink = (state) => {
    put(at("link"), "data-state", state);
    write(at("link"), state === "unknown" ? "…" : say(`watch.${state}`));
    write(at("trouble"), state === "unknown" || state === "link_up" ? "" : `${say(`watch.${state}`)}. ${say(`watch.${state}_means`)}`);
    at("main").classList.toggle("stale", state === "lost" || state === "away");
  };
  const show = () => {
    const state = trouble();
    const { switchboard, tickets } = seen;
    const aged = state === "link_up" ? (performance.now() - seen.switchboardAt) / 1000 : 0;
    const calls = switchboard ? switchboard.calls : [];
    showLink(state);
    showTiles(calls, switchboard?.statistics.total, tickets, aged);
    showDesks(switchboard ? switchboard.desks : [], aged, say(switchboard ? "watch.no_desks" : "watch.unknown"));
    showQueue(calls, (switchboard && switchboard.queue_titles) || {}, aged, say(switchboard ? "watch.nobody_waits" : "watch.unknown"));
    showAlarms(tickets?.alarms);
    showTickets(tickets, say(!seen.picture ? "watch.unknown" : tickets ? "watch.no_tickets" : "watch.database_away"));
    if (switchboard) write(at("clock"), clock.format(new Date(switchboard.at)));
  };
  const take = (picture) => {
    seen.picture = picture;
    seen.tickets = picture.tickets;
    if (picture.switchboard) { // while it is away, its last picture stays, dimmed
      seen.switchboard = picture.switchboard;
      seen.switchboardAt = performance.now();
    }
  };

  let silence;
  const follow = () => {
    const stream = new EventSource("/stream");
    const heard = () => {
      seen.lost = false;
      clearTimeout(silence);
      silence = setTimeout(again, SILENCE_MS);
    };
    const again = () => { // neither a refusal nor a cut cable makes the browser try again by itself
      stream.close();
      clearTimeout(silence);
      seen.lost = true;
      show();
      setTimeout(follow, RETRY_MS);
    };
    stream.addEventListener("picture", (event) => {
      heard();
      take(JSON.parse(event.data));
      show();
    });
    stream.addEventListener("alive", heard);
    stream.addEventListener("error", again);
    silence = setTimeout(again, SILENCE_MS);
  };
  show();
  follow();
  setInterval(show, 1000);
})();
